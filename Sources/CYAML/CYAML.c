#include "CYAML.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct cyaml_reader {
    yaml_parser_t parser;
    yaml_event_t event;
    uint8_t bytes[];
};

cyaml_reader *cyaml_open(const uint8_t *bytes, size_t count) {
    cyaml_reader *reader = calloc(1, sizeof(cyaml_reader) + count);
    if (reader == NULL) return NULL;
    if (count > 0) memcpy(reader->bytes, bytes, count);
    if (!yaml_parser_initialize(&reader->parser)) {
        free(reader);
        return NULL;
    }
    yaml_parser_set_input_string(&reader->parser, reader->bytes, count);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    return reader;
}

void cyaml_close(cyaml_reader *reader) {
    if (reader == NULL) return;
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
    free(reader);
}

static cyaml_mark mark(yaml_mark_t source) {
    return (cyaml_mark){.index = source.index, .line = source.line, .column = source.column};
}

static cyaml_event plain_event(int kind, const yaml_event_t *source) {
    return (cyaml_event){
        .kind = kind, .start = mark(source->start_mark), .end = mark(source->end_mark)};
}

static cyaml_event scalar(const yaml_event_t *source) {
    cyaml_event event = plain_event(CYAML_SCALAR, source);
    event.is_plain = source->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    event.text = (const char *)source->data.scalar.value;
    event.text_count = source->data.scalar.length;
    event.anchor = (const char *)source->data.scalar.anchor;
    event.tag = (const char *)source->data.scalar.tag;
    return event;
}

static cyaml_event alias(const yaml_event_t *source) {
    cyaml_event event = plain_event(CYAML_ALIAS, source);
    event.anchor = (const char *)source->data.alias.anchor;
    return event;
}

static cyaml_event sequence(const yaml_event_t *source) {
    cyaml_event event = plain_event(CYAML_SEQUENCE, source);
    event.is_flow = source->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    event.anchor = (const char *)source->data.sequence_start.anchor;
    event.tag = (const char *)source->data.sequence_start.tag;
    return event;
}

static cyaml_event mapping(const yaml_event_t *source) {
    cyaml_event event = plain_event(CYAML_MAPPING, source);
    event.is_flow = source->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    event.anchor = (const char *)source->data.mapping_start.anchor;
    event.tag = (const char *)source->data.mapping_start.tag;
    return event;
}

static cyaml_event failure(const yaml_parser_t *parser) {
    if (parser->error == YAML_MEMORY_ERROR) return (cyaml_event){.kind = CYAML_OUT_OF_MEMORY};
    const char *problem = parser->problem == NULL ? "" : parser->problem;
    return (cyaml_event){
        .kind = CYAML_MALFORMED,
        .text = problem,
        .text_count = strlen(problem),
        .context = parser->context,
        .start = mark(parser->problem_mark),
        .end = mark(parser->problem_mark),
        .context_start = mark(parser->context_mark),
    };
}

cyaml_event cyaml_next(cyaml_reader *reader) {
    yaml_event_t *event = &reader->event;
    do {
        yaml_event_delete(event);
        if (!yaml_parser_parse(&reader->parser, event)) return failure(&reader->parser);
    } while (event->type == YAML_STREAM_START_EVENT);
    switch (event->type) {
        case YAML_DOCUMENT_START_EVENT: return plain_event(CYAML_DOCUMENT, event);
        case YAML_DOCUMENT_END_EVENT: return plain_event(CYAML_DOCUMENT_END, event);
        case YAML_SCALAR_EVENT: return scalar(event);
        case YAML_ALIAS_EVENT: return alias(event);
        case YAML_SEQUENCE_START_EVENT: return sequence(event);
        case YAML_MAPPING_START_EVENT: return mapping(event);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT: return plain_event(CYAML_COLLECTION_END, event);
        default: return plain_event(CYAML_STREAM_END, event);
    }
}
