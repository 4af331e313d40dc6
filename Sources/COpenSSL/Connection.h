#ifndef COPENSSL_CONNECTION_H
#define COPENSSL_CONNECTION_H

#include "COpenSSLTLS.h"

#include <openssl/ssl.h>

struct copenssl_context {
    SSL_CTX *ssl;
    uint8_t session_scope[32];
};

/// The longest host name (RFC 1035 §2.3.4), without the last dot.
enum { longest_name = 253 };

/// See Traffic.h.
typedef struct copenssl_traffic copenssl_traffic;

struct copenssl_tls {
    SSL *ssl;
    /// Set during a call.
    copenssl_wire *wire;
    copenssl_chooser chooser;
    void *owner;
    copenssl_context *context;
    /// NULL if keys are not exported.
    copenssl_traffic *traffic;
    /// Of the handshake, or of the current read.
    unsigned int step_count;
    unsigned int step_limit;
    /// One, or two after a HelloRetryRequest (RFC 8446 §4.1.4).
    uint8_t hello_count;
    bool is_challenge;
    /// Of the peer's certificate: what is wrong with it does not end the handshake.
    bool reports_only;
    uint8_t name_count;
    char name[longest_name];
};

/// Chooses a server's context by the name in a ClientHello (SSL_CTX_set_client_hello_cb(3)).
int copenssl_read_client_hello(SSL *ssl, int *alert, void *argument);
/// NULL for a session of another owner.
copenssl_tls *copenssl_tls_of(const SSL *ssl);

#endif
