#include "COpenSSL.h"

#include <limits.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static int digest(const EVP_MD *kind, const uint8_t *bytes, size_t count, uint8_t *output) {
    return EVP_Digest(bytes, count, output, NULL, kind, NULL) == 1 ? 0 : -1;
}

int copenssl_sha1(const uint8_t *bytes, size_t count, uint8_t *output) {
    return digest(EVP_sha1(), bytes, count, output);
}

int copenssl_sha256(const uint8_t *bytes, size_t count, uint8_t *output) {
    return digest(EVP_sha256(), bytes, count, output);
}

static EVP_PKEY *public_key(const uint8_t *pem, size_t count) {
    if (count > INT_MAX) return NULL;
    BIO *source = BIO_new_mem_buf(pem, (int)count);
    if (source == NULL) return NULL;
    EVP_PKEY *key = PEM_read_bio_PUBKEY(source, NULL, NULL, NULL);
    BIO_free(source);
    return key;
}

static int64_t encrypt(EVP_PKEY_CTX *context, const uint8_t *bytes, size_t count, uint8_t *output,
                       size_t capacity) {
    size_t length = 0;
    if (EVP_PKEY_encrypt_init(context) <= 0) return -1;
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) <= 0) return -1;
    if (EVP_PKEY_encrypt(context, NULL, &length, bytes, count) <= 0) return -1;
    if (length > capacity) return -1;
    if (EVP_PKEY_encrypt(context, output, &length, bytes, count) <= 0) return -1;
    return (int64_t)length;
}

int64_t copenssl_rsa_oaep(const uint8_t *pem, size_t pem_count, const uint8_t *bytes, size_t count,
                          uint8_t *output, size_t capacity) {
    EVP_PKEY *key = public_key(pem, pem_count);
    if (key == NULL) return -1;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int64_t result = context == NULL ? -1 : encrypt(context, bytes, count, output, capacity);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return result;
}

static EVP_PKEY *private_key(const uint8_t *der, size_t count) {
    if (count > LONG_MAX) return NULL;
    return d2i_AutoPrivateKey(NULL, &der, (long)count);
}

/// Frees the BIO.
static int64_t take(BIO *target, uint8_t *output, size_t capacity) {
    char *bytes = NULL;
    long count = BIO_get_mem_data(target, &bytes);
    if (count <= 0 || (size_t)count > capacity) {
        count = -1;
    } else {
        memcpy(output, bytes, (size_t)count);
    }
    BIO_free(target);
    return count;
}

int64_t copenssl_rsa_generate(uint32_t bits, uint8_t *output, size_t capacity) {
    EVP_PKEY *key = EVP_RSA_gen(bits);
    if (key == NULL) return -1;
    BIO *target = BIO_new(BIO_s_secmem());
    int64_t result = -1;
    if (target != NULL) {
        if (i2d_PKCS8PrivateKey_bio(target, key, NULL, NULL, 0, NULL, NULL) == 1) {
            result = take(target, output, capacity);
        } else {
            BIO_free(target);
        }
    }
    EVP_PKEY_free(key);
    return result;
}

int64_t copenssl_rsa_public_pem(const uint8_t *der, size_t der_count, uint8_t *output,
                                size_t capacity) {
    EVP_PKEY *key = private_key(der, der_count);
    if (key == NULL) return -1;
    BIO *target = BIO_new(BIO_s_mem());
    int64_t result = -1;
    if (target != NULL) {
        if (PEM_write_bio_PUBKEY(target, key) == 1) {
            result = take(target, output, capacity);
        } else {
            BIO_free(target);
        }
    }
    EVP_PKEY_free(key);
    return result;
}

static int64_t decrypt(EVP_PKEY_CTX *context, const uint8_t *bytes, size_t count, uint8_t *output,
                       size_t capacity) {
    size_t length = 0;
    if (EVP_PKEY_decrypt_init(context) <= 0) return -1;
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) <= 0) return -1;
    if (EVP_PKEY_decrypt(context, NULL, &length, bytes, count) <= 0) return -1;
    if (length > capacity) return -1;
    if (EVP_PKEY_decrypt(context, output, &length, bytes, count) <= 0) return -1;
    return (int64_t)length;
}

int64_t copenssl_rsa_oaep_decrypt(const uint8_t *der, size_t der_count, const uint8_t *bytes,
                                  size_t count, uint8_t *output, size_t capacity) {
    EVP_PKEY *key = private_key(der, der_count);
    if (key == NULL) return -1;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int64_t result = context == NULL ? -1 : decrypt(context, bytes, count, output, capacity);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    // An attacker's bytes fail here often; the errors must not pile up in the thread's queue.
    ERR_clear_error();
    return result;
}
