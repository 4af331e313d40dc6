#ifndef CYAML_H
#define CYAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A YAML text as libyaml's events, without its unions and its memory management.

typedef struct cyaml_reader cyaml_reader;

enum {
    CYAML_DOCUMENT,
    CYAML_DOCUMENT_END,
    CYAML_SCALAR,
    CYAML_ALIAS,
    CYAML_SEQUENCE,
    CYAML_MAPPING,
    CYAML_COLLECTION_END,
    CYAML_STREAM_END,
    /// `text` is the problem, at `start`, and `context` what was being read, from `context_start`;
    /// no event follows.
    CYAML_MALFORMED,
    CYAML_OUT_OF_MEMORY,
};

/// All are counted from 0, in Unicode scalars.
typedef struct {
    size_t index, line, column;
} cyaml_mark;

typedef struct {
    /// One of the constants above.
    int kind;
    /// Of a scalar: written without quotes and not as a block.
    bool is_plain;
    /// Of a collection: written in brackets.
    bool is_flow;
    /// A scalar's value or a problem; not terminated.
    const char *text;
    size_t text_count;
    /// The name after `&` or, for an alias, after `*`; NULL without one.
    const char *anchor;
    /// With its handle resolved; NULL without one.
    const char *tag;
    /// NULL without one.
    const char *context;
    /// With the anchor and the tag before it.
    cyaml_mark start, end, context_start;
} cyaml_event;

/// Reads the UTF-8 text in the `count` bytes, which are copied. NULL: out of memory.
cyaml_reader *cyaml_open(const uint8_t *bytes, size_t count);
/// The next event. What it points to lives until the next call.
cyaml_event cyaml_next(cyaml_reader *reader);
void cyaml_close(cyaml_reader *reader);

#endif
