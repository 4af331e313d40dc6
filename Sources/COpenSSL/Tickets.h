#ifndef COPENSSL_TICKETS_H
#define COPENSSL_TICKETS_H

#include "COpenSSLTLS.h"

#include <openssl/ssl.h>

/// From now on, the context's clients get session tickets, one at a time, and resume by them.
void copenssl_use_tickets(SSL_CTX *ssl, copenssl_ticket_keys *keys);

#endif
