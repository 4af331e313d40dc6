#include "Certificates.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

// MARK: - Reading

BIO *copenssl_memory(const uint8_t *bytes, size_t count) {
    return count > INT32_MAX ? NULL : BIO_new_mem_buf(bytes, (int)count);
}

/// No passphrase is ever asked for.
int copenssl_no_passphrase(char *buffer, int size, int writing, void *data) {
    (void)buffer, (void)size, (void)writing, (void)data;
    return -1;
}

STACK_OF(X509) *copenssl_read_certificates(const uint8_t *pem, size_t count) {
    BIO *source = copenssl_memory(pem, count);
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *next;
    while (source != NULL && all != NULL
           && (next = PEM_read_bio_X509(source, NULL, copenssl_no_passphrase, NULL)) != NULL)
        if (sk_X509_push(all, next) == 0) X509_free(next);
    BIO_free(source);
    unsigned long error = ERR_peek_last_error();
    bool is_complete = ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (all != NULL && sk_X509_num(all) > 0 && is_complete) {
        ERR_clear_error();
        return all;
    }
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

static EVP_PKEY *read_key(const uint8_t *pem, size_t count) {
    BIO *source = copenssl_memory(pem, count);
    EVP_PKEY *key = source == NULL ? NULL : PEM_read_bio_PrivateKey(source, NULL, copenssl_no_passphrase, NULL);
    BIO_free(source);
    return key;
}

copenssl_identity *copenssl_identity_new(const uint8_t *chain, size_t chain_count,
                                         const uint8_t *key, size_t key_count) {
    ERR_clear_error();
    copenssl_identity *identity = OPENSSL_zalloc(sizeof *identity);
    if (identity == NULL) return NULL;
    identity->chain = copenssl_read_certificates(chain, chain_count);
    identity->leaf = identity->chain == NULL ? NULL : sk_X509_shift(identity->chain);
    identity->key = identity->leaf == NULL ? NULL : read_key(key, key_count);
    if (identity->key == NULL || X509_check_private_key(identity->leaf, identity->key) != 1) {
        copenssl_identity_free(identity);
        return NULL;
    }
    return identity;
}

int copenssl_certificate_with_key(const uint8_t *chain, size_t chain_count, const uint8_t *key,
                                  size_t key_count) {
    int found = -1;
    STACK_OF(X509) *all = copenssl_read_certificates(chain, chain_count);
    EVP_PKEY *private_key = read_key(key, key_count);
    for (int index = 0; private_key != NULL && found < 0 && index < sk_X509_num(all); index++)
        if (X509_check_private_key(sk_X509_value(all, index), private_key) == 1) found = index;
    EVP_PKEY_free(private_key);
    sk_X509_pop_free(all, X509_free);
    ERR_clear_error();
    return found;
}

static bool is_signed_by(X509 *certificate, X509 *issuer) {
    return X509_check_issued(issuer, certificate) == X509_V_OK
           && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

int copenssl_identity_chain_gap(const copenssl_identity *identity) {
    int gap = -1;
    X509 *last = identity->leaf;
    for (int index = 0; gap < 0 && index < sk_X509_num(identity->chain); index++) {
        X509 *next = sk_X509_value(identity->chain, index);
        if (!is_signed_by(last, next)) gap = index;
        last = next;
    }
    ERR_clear_error();
    return gap;
}

copenssl_identity *copenssl_identity_placeholder(const char *name) {
    ERR_clear_error();
    copenssl_identity *identity = OPENSSL_zalloc(sizeof *identity);
    if (identity == NULL) return NULL;
    identity->key = EVP_EC_gen("P-256");
    identity->leaf = X509_new();
    identity->chain = sk_X509_new_null();
    X509 *leaf = identity->leaf;
    X509_NAME *subject = leaf == NULL ? NULL : X509_get_subject_name(leaf);
    if (identity->key != NULL && identity->chain != NULL && subject != NULL
        && X509_set_version(leaf, X509_VERSION_3) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(leaf), 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(leaf), 0) != NULL
        && X509_gmtime_adj(X509_getm_notAfter(leaf), 365L * 86400) != NULL
        && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                                      0) == 1
        && X509_set_issuer_name(leaf, subject) == 1 && X509_set_pubkey(leaf, identity->key) == 1
        && X509_sign(leaf, identity->key, EVP_sha256()) > 0)
        return identity;
    copenssl_identity_free(identity);
    return NULL;
}

void copenssl_identity_free(copenssl_identity *identity) {
    if (identity == NULL) return;
    X509_free(identity->leaf);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    OPENSSL_free(identity);
}

void copenssl_add_name(copenssl_text *names, const char *bytes, int count) {
    // A NUL inside a name hides what follows it from careless readers: such a name is none.
    if (count <= 0 || memchr(bytes, 0, (size_t)count) != NULL) return;
    if (names->count + (size_t)count + 1 > names->capacity) {
        names->is_full = true;
        return;
    }
    memcpy(names->start + names->count, bytes, (size_t)count);
    names->count += (size_t)count;
    names->start[names->count++] = 0;
}

static void add_address(copenssl_text *names, const ASN1_OCTET_STRING *address) {
    char *shown = NULL;
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (name == NULL) return;
    BIO *output = BIO_new(BIO_s_mem());
    ASN1_OCTET_STRING *copy = ASN1_OCTET_STRING_dup(address);
    if (output != NULL && copy != NULL) {
        GENERAL_NAME_set0_value(name, GEN_IPADD, copy);
        copy = NULL;
        GENERAL_NAME_print(output, name);
        long count = BIO_get_mem_data(output, &shown);
        static const char prefix[] = "IP Address:";
        const long prefix_count = sizeof prefix - 1;
        if (count > prefix_count) copenssl_add_name(names, shown + prefix_count, (int)(count - prefix_count));
    }
    ASN1_OCTET_STRING_free(copy);
    BIO_free(output);
    GENERAL_NAME_free(name);
}

static void add_common_name(copenssl_text *names, const X509 *leaf) {
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0) return;
    unsigned char *shown = NULL;
    int count = ASN1_STRING_to_UTF8(&shown, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    if (count > 0) copenssl_add_name(names, (const char *)shown, count);
    OPENSSL_free(shown);
}

void copenssl_common_name(const X509 *leaf, char *output, size_t capacity) {
    copenssl_text name = {output, 0, capacity, false};
    if (capacity > 0) output[0] = 0;
    add_common_name(&name, leaf);
}

int64_t copenssl_identity_names(const copenssl_identity *identity, char *output, size_t capacity) {
    copenssl_text names = {output, 0, capacity, false};
    GENERAL_NAMES *all = X509_get_ext_d2i(identity->leaf, NID_subject_alt_name, NULL, NULL);
    for (int index = 0; index < sk_GENERAL_NAME_num(all); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, index);
        if (name->type == GEN_DNS)
            copenssl_add_name(&names, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                     ASN1_STRING_length(name->d.dNSName));
        if (name->type == GEN_IPADD) add_address(&names, name->d.iPAddress);
    }
    GENERAL_NAMES_free(all);
    if (names.count == 0 && !names.is_full) add_common_name(&names, identity->leaf);
    return names.is_full ? -1 : (int64_t)names.count;
}

int copenssl_identity_fingerprint(const copenssl_identity *identity, uint8_t *output) {
    unsigned int count = 0;
    return X509_digest(identity->leaf, EVP_sha256(), output, &count) == 1 ? 0 : -1;
}

static int64_t unix_time(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int is_valid = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    return is_valid ? (int64_t)days * 86400 + seconds : 0;
}

int64_t copenssl_identity_not_before(const copenssl_identity *identity) {
    return unix_time(X509_get0_notBefore(identity->leaf));
}

int64_t copenssl_identity_not_after(const copenssl_identity *identity) {
    return unix_time(X509_get0_notAfter(identity->leaf));
}

/// As much of a text as there is room for; an ellipsis tells that some is missing.
static void copy_cut(char *output, size_t capacity, const char *text, size_t count) {
    static const char ellipsis[] = "\xe2\x80\xa6";
    bool is_cut = count >= capacity;
    if (is_cut) count = capacity > sizeof ellipsis ? capacity - sizeof ellipsis : 0;
    // Not within a character of UTF-8.
    while (is_cut && count > 0 && (text[count] & 0xc0) == 0x80) count--;
    memcpy(output, text, count);
    snprintf(output + count, capacity - count, "%s", is_cut ? ellipsis : "");
}

/// A distinguished name in one line.
int64_t copenssl_print_name(const X509_NAME *name, char *output, size_t capacity) {
    if (capacity == 0) return -1;
    output[0] = 0;
    BIO *text = BIO_new(BIO_s_mem());
    if (text == NULL) return -1;
    char *shown = NULL;
    long count = -1;
    if (X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        count = BIO_get_mem_data(text, &shown);
    if (count >= 0) copy_cut(output, capacity, shown, (size_t)count);
    BIO_free(text);
    return count < 0 ? -1 : (int64_t)strlen(output);
}

int64_t copenssl_identity_subject(const copenssl_identity *identity, bool issuer, char *output,
                                  size_t capacity) {
    const X509 *leaf = identity->leaf;
    return copenssl_print_name(issuer ? X509_get_issuer_name(leaf) : X509_get_subject_name(leaf), output,
                      capacity);
}

void copenssl_identity_algorithms(const copenssl_identity *identity, char *key, char *signature) {
    const char *kind = EVP_PKEY_is_a(identity->key, "RSA")  ? "RSA"
                       : EVP_PKEY_is_a(identity->key, "EC") ? "EC"
                                                            : EVP_PKEY_get0_type_name(identity->key);
    snprintf(key, 32, "%s%d", kind == NULL ? "" : kind, EVP_PKEY_get_bits(identity->key));
    const char *name = OBJ_nid2sn(X509_get_signature_nid(identity->leaf));
    snprintf(signature, 32, "%s", name == NULL ? "" : name);
}
