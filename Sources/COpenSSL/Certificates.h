#ifndef COPENSSL_CERTIFICATES_H
#define COPENSSL_CERTIFICATES_H

#include "COpenSSLTLS.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct copenssl_identity {
    X509 *leaf;
    STACK_OF(X509) *chain;
    EVP_PKEY *key;
};

/// Reads from bytes, which must outlive it. NULL if there are too many.
BIO *copenssl_memory(const uint8_t *bytes, size_t count);
/// No passphrase is ever asked for (pem_password_cb(3)).
int copenssl_no_passphrase(char *buffer, int size, int writing, void *data);
/// All certificates in PEM; NULL if there is none, or one is broken.
STACK_OF(X509) *copenssl_read_certificates(const uint8_t *pem, size_t count);

/// Texts, each followed by a NUL.
typedef struct copenssl_text {
    char *start;
    size_t count;
    size_t capacity;
    bool is_full;
} copenssl_text;

/// Adds a text. One with a NUL in it is left out.
void copenssl_add_name(copenssl_text *names, const char *bytes, int count);
/// A distinguished name in one line (RFC 4514), cut to its place. Returns the byte count, or -1.
int64_t copenssl_print_name(const X509_NAME *name, char *output, size_t capacity);
/// The subject's common name, NUL-terminated; empty if there is none.
void copenssl_common_name(const X509 *leaf, char *output, size_t capacity);

#endif
