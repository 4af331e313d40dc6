#include "COpenSSL.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum { nonce_count = 12, tag_count = 16 };

int copenssl_random(uint8_t *output, size_t count) {
    return count <= INT_MAX && RAND_priv_bytes(output, (int)count) == 1 ? 0 : -1;
}

static int seal(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *bytes, int count,
                uint8_t *output) {
    int written = 0;
    uint8_t *content = output + nonce_count;
    if (RAND_bytes(output, nonce_count) != 1) return -1;
    if (EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, output) != 1) return -1;
    if (EVP_EncryptUpdate(context, content, &written, bytes, count) != 1) return -1;
    if (written != count) return -1;
    if (EVP_EncryptFinal_ex(context, content + count, &written) != 1) return -1;
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_count, content + count) == 1 ? 0
                                                                                              : -1;
}

int64_t copenssl_seal(const uint8_t *key, const uint8_t *bytes, size_t count, uint8_t *output) {
    if (count > INT_MAX - nonce_count - tag_count) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int result = context == NULL ? -1 : seal(context, key, bytes, (int)count, output);
    EVP_CIPHER_CTX_free(context);
    return result == 0 ? (int64_t)count + nonce_count + tag_count : -1;
}

static int unseal(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *bytes, int count,
                  uint8_t *output) {
    int written = 0;
    // OpenSSL only reads the tag that it is to compare.
    uint8_t *tag = (uint8_t *)bytes + nonce_count + count;
    if (EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes) != 1) return -1;
    if (EVP_DecryptUpdate(context, output, &written, bytes + nonce_count, count) != 1) return -1;
    if (written != count) return -1;
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_count, tag) != 1) return -1;
    return EVP_DecryptFinal_ex(context, output + count, &written) == 1 ? 0 : -1;
}

int64_t copenssl_unseal(const uint8_t *key, const uint8_t *bytes, size_t count, uint8_t *output) {
    if (count < nonce_count + tag_count || count > INT_MAX) return -1;
    size_t content = count - nonce_count - tag_count;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int result = context == NULL ? -1 : unseal(context, key, bytes, (int)content, output);
    EVP_CIPHER_CTX_free(context);
    if (result == 0) return (int64_t)content;
    // What was not authenticated is not shown.
    OPENSSL_cleanse(output, content);
    return -1;
}
