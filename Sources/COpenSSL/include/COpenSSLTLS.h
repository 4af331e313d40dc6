#ifndef COPENSSL_TLS_H
#define COPENSSL_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// TLS 1.2 and 1.3 by OpenSSL's libssl, over bytes instead of sockets: each call is given what has
/// arrived and where to put what must be sent, and nothing waits.
///
/// Functions that make something return NULL on failure, and the reason is in
/// copenssl_last_error. Key material stays inside OpenSSL, unless a context exports it
/// (COpenSSLKeys.h).

/// Writes OpenSSL's reason for this thread's last failure, NUL-terminated, and forgets it.
void copenssl_last_error(char *output, size_t capacity);

// MARK: Certificates

/// A certificate chain and its private key, which belong together.
typedef struct copenssl_identity copenssl_identity;

/// Reads a chain, leaf first, and the leaf's unencrypted key, both in PEM.
copenssl_identity *copenssl_identity_new(const uint8_t *chain, size_t chain_count,
                                         const uint8_t *key, size_t key_count);
/// Makes a certificate for `name` that nobody has signed, valid for a year.
copenssl_identity *copenssl_identity_placeholder(const char *name);
void copenssl_identity_free(copenssl_identity *identity);
/// Which certificate of a chain `key` belongs to, counted from 0; -1 for none.
int copenssl_certificate_with_key(const uint8_t *chain, size_t chain_count, const uint8_t *key,
                                  size_t key_count);
/// The first certificate of the chain that the next one did not sign, counted from 0; -1 for none.
int copenssl_identity_chain_gap(const copenssl_identity *identity);
/// The leaf's DNS names and addresses (subjectAltName), each followed by a NUL; the common name if
/// it has none. Returns the byte count, or -1 if they do not fit.
int64_t copenssl_identity_names(const copenssl_identity *identity, char *output, size_t capacity);
/// SHA-256 of the leaf in DER, 32 bytes.
int copenssl_identity_fingerprint(const copenssl_identity *identity, uint8_t *output);
/// Seconds since 1970.
int64_t copenssl_identity_not_before(const copenssl_identity *identity);
int64_t copenssl_identity_not_after(const copenssl_identity *identity);
/// The leaf's subject or issuer (RFC 4514), NUL-terminated. Returns the byte count, or -1.
int64_t copenssl_identity_subject(const copenssl_identity *identity, bool issuer, char *output,
                                  size_t capacity);
/// Such as `RSA2048` or `EC256`, and `RSA-SHA256`, as in HAProxy's PROXY TLVs. Both are
/// NUL-terminated in 32 bytes.
void copenssl_identity_algorithms(const copenssl_identity *identity, char *key, char *signature);

// MARK: Contexts

/// Keys that session tickets are encrypted with. New ones are made by themselves, and the one before
/// is still accepted. May be shared by threads and by contexts.
typedef struct copenssl_ticket_keys copenssl_ticket_keys;

/// - lifetime: of a key, in seconds. A ticket is valid for at most twice that.
copenssl_ticket_keys *copenssl_ticket_keys_new(int64_t lifetime);
void copenssl_ticket_keys_free(copenssl_ticket_keys *keys);
/// Makes a new key now.
int copenssl_ticket_keys_rotate(copenssl_ticket_keys *keys);

typedef enum copenssl_peer_certificates {
    copenssl_peer_certificates_off = 0,
    copenssl_peer_certificates_optional = 1,
    copenssl_peer_certificates_required = 2,
} copenssl_peer_certificates;

/// What a context is made of. Pointers may be NULL; they are not kept.
typedef struct copenssl_options {
    /// 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    int minimum_version;
    /// 0 for the newest.
    int maximum_version;
    /// Of TLS 1.2 and 1.3, in OpenSSL's spelling, NUL-terminated; NULL for the standard ones.
    const char *ciphers;
    const char *cipher_suites;
    copenssl_peer_certificates peer_certificates;
    /// In PEM: who signs the peers' certificates; for clients NULL means the system's.
    const uint8_t *authorities;
    size_t authorities_count;
    /// In PEM.
    const uint8_t *revocations;
    size_t revocations_count;
    /// Protocols to choose from (RFC 7301), each after its length.
    const uint8_t *protocols;
    size_t protocols_count;
    /// Distinguishes sessions that must not be resumed elsewhere; 32 bytes.
    const uint8_t *session_scope;
    /// Outlives the context; NULL for no resumption.
    copenssl_ticket_keys *ticket_keys;
    /// Whether the keys of its sessions can be had (COpenSSLKeys.h).
    bool exports_keys;
} copenssl_options;

/// What TLS connections have in common: an SSL_CTX. Counted; may be used by several threads.
typedef struct copenssl_context copenssl_context;

copenssl_context *copenssl_server_context_new(const copenssl_identity *identity,
                                              const copenssl_options *options);
/// - identity: shown to servers that ask; may be NULL.
copenssl_context *copenssl_client_context_new(const copenssl_identity *identity,
                                              const copenssl_options *options);
void copenssl_context_free(copenssl_context *context);

/// The names of the ciphers of TLS 1.2, or else 1.3, that `list` chooses and that could be negotiated,
/// each followed by a NUL; before the name is `+`, or `-` if the cipher lacks forward secrecy,
/// authentication of the server, or authenticated encryption. Returns the byte count, or -1 if the list
/// is not accepted; those that do not fit are left out.
int64_t copenssl_cipher_names(const char *list, bool is_tls13, char *output, size_t capacity);

// MARK: Connections

typedef struct copenssl_tls copenssl_tls;

/// Chooses the context for the name that a client has requested, which is not NUL-terminated, in
/// lower case, and empty if there is none; `is_challenge` if it offers only `acme-tls/1`
/// (RFC 8737). NULL rejects the client. The context must live until the callback's caller returns.
typedef copenssl_context *(*copenssl_chooser)(void *owner, const uint8_t *name, size_t count,
                                              bool is_challenge);

/// - context: for clients until `chooser` was called.
/// - owner: must outlive the handshake.
copenssl_tls *copenssl_tls_accept(copenssl_context *context, copenssl_chooser chooser,
                                  void *owner);
/// - server_name: sent in the ClientHello; NULL for none.
/// - verified_name: the host name or address that the server's certificate must have; NULL if it is
///   not checked.
/// - reports_only: whether a server that cannot be verified does not end the handshake.
copenssl_tls *copenssl_tls_connect(copenssl_context *context, const char *server_name,
                                   const char *verified_name, bool reports_only);
/// Why the peer of a complete handshake could not be verified; NULL if it was, or was not to be.
const char *copenssl_tls_verification_failure(const copenssl_tls *tls);
void copenssl_tls_free(copenssl_tls *tls);

/// What arrives from the network, and what goes to it. A call advances `input` and adds to
/// `output_count`.
typedef struct copenssl_wire {
    const uint8_t *input;
    size_t input_count;
    uint8_t *output;
    size_t output_capacity;
    size_t output_count;
    /// Steps that a read took: a record takes two.
    unsigned int step_count;
    /// Whether the next read may bring something without more input.
    bool has_more;
} copenssl_wire;

typedef enum copenssl_outcome {
    /// It needs more bytes of the peer; all that were given were taken, unless they were a handshake's
    /// with too many records, or a read's with many that bring nothing.
    copenssl_wants_input = -1,
    /// The output is full: send it, and call again with the same arguments.
    copenssl_wants_room = -2,
    /// The peer has announced the end of its stream (close_notify).
    copenssl_ended = -3,
    /// copenssl_last_error has the reason. An alert for the peer may be in the output.
    copenssl_failed = -4,
} copenssl_outcome;

/// Steps that one read may take, and all of a handshake: a peer that sends tiny records, or such as
/// bring nothing, costs no more than that at once.
enum { copenssl_read_step_limit = 128, copenssl_handshake_step_limit = 8192 };

/// Continues the handshake. Returns 0 when it is complete, or a copenssl_outcome.
int copenssl_tls_handshake(copenssl_tls *tls, copenssl_wire *wire);
/// Decrypts into `plain`. Returns a count, at least 1, or a copenssl_outcome.
int64_t copenssl_tls_read(copenssl_tls *tls, copenssl_wire *wire, uint8_t *plain,
                          size_t capacity);
/// Encrypts `count` bytes, at least 1. Returns how many, which may be fewer, or a copenssl_outcome.
int64_t copenssl_tls_write(copenssl_tls *tls, copenssl_wire *wire, const uint8_t *plain,
                           size_t count);
/// Announces the end of our stream.
void copenssl_tls_end(copenssl_tls *tls, copenssl_wire *wire);

/// What a complete handshake has established.
typedef struct copenssl_session {
    /// 0x0303 or 0x0304.
    int version;
    bool is_resumed;
    bool has_peer_certificate;
    /// Whether the client only wanted the answer to a challenge (RFC 8737): it gets nothing else.
    bool is_challenge;
    char cipher[48];
    char group[32];
    /// The negotiated protocol; empty if there is none.
    char protocol[32];
} copenssl_session;

void copenssl_tls_session(const copenssl_tls *tls, copenssl_session *session);
/// The name that the client has requested, in lower case. Returns its length; 0 for none.
size_t copenssl_tls_server_name(const copenssl_tls *tls, char *output, size_t capacity);
/// The peer certificate's subject (RFC 4514) and common name, NUL-terminated; empty if there is
/// none.
void copenssl_tls_peer(const copenssl_tls *tls, char *subject, size_t subject_capacity,
                       char *common_name, size_t common_name_capacity);

#endif
