#ifndef COPENSSL_TRAFFIC_H
#define COPENSSL_TRAFFIC_H

#include "Connection.h"

/// Follows records and secrets, so that a kernel can take over between two records.

/// From now on, secrets of the context's sessions are kept.
void copenssl_traffic_export(SSL_CTX *ssl);
/// Follows a new connection if its context exports keys. False if memory has run out.
bool copenssl_traffic_follow(copenssl_tls *tls);
/// Bytes that OpenSSL takes from the wire, or puts on it.
void copenssl_traffic_pass(copenssl_traffic *traffic, int is_written, const void *bytes,
                           size_t count);

#endif
