#include "COpenSSLKeys.h"
#include "Certificates.h"
#include "Traffic.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

// MARK: - Errors

void copenssl_last_error(char *output, size_t capacity) {
    if (capacity == 0) return;
    const char *data = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    bool is_explained = ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED
                        && (flags & ERR_TXT_STRING) != 0 && data != NULL && *data != 0;
    snprintf(output, capacity, "%s%s%s", reason == NULL ? "unknown error" : reason,
             is_explained ? ": " : "", is_explained ? data : "");
    ERR_clear_error();
}

// MARK: - The wire

static int wire_read(BIO *bio, char *output, size_t capacity, size_t *count) {
    copenssl_tls *tls = BIO_get_data(bio);
    copenssl_wire *wire = tls->wire;
    BIO_clear_retry_flags(bio);
    if (wire == NULL || wire->input_count == 0 || tls->step_count >= tls->step_limit) {
        BIO_set_retry_read(bio);
        return -1;
    }
    tls->step_count++;
    *count = capacity < wire->input_count ? capacity : wire->input_count;
    memcpy(output, wire->input, *count);
    copenssl_traffic_pass(tls->traffic, 0, output, *count);
    wire->input += *count;
    wire->input_count -= *count;
    return 1;
}

static int wire_write(BIO *bio, const char *bytes, size_t byte_count, size_t *count) {
    copenssl_tls *tls = BIO_get_data(bio);
    copenssl_wire *wire = tls->wire;
    BIO_clear_retry_flags(bio);
    size_t room = wire == NULL ? 0 : wire->output_capacity - wire->output_count;
    if (room == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    *count = byte_count < room ? byte_count : room;
    memcpy(wire->output + wire->output_count, bytes, *count);
    copenssl_traffic_pass(tls->traffic, 1, bytes, *count);
    wire->output_count += *count;
    return 1;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int tls_index = -1;
static BIO_METHOD *wire_method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void) {
    tls_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_read_ex(wire_method, wire_read);
    BIO_meth_set_write_ex(wire_method, wire_write);
    BIO_meth_set_ctrl(wire_method, wire_control);
}

// MARK: - The ClientHello

/// The host name of a server_name extension (RFC 6066 §3), in lower case. Returns its length, 0 for
/// none, -1 for one that is not a host name.
static int read_server_name(SSL *ssl, char *output) {
    const unsigned char *bytes;
    size_t count;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &count) != 1) return 0;
    // The list's length, the type 0 (host_name), the name's length, the name.
    if (count < 5 || (size_t)(bytes[0] << 8 | bytes[1]) != count - 2 || bytes[2] != 0) return -1;
    size_t length = (size_t)(bytes[3] << 8 | bytes[4]);
    if (length == 0 || length > longest_name || length > count - 5) return -1;
    // Some clients send the root's dot, too.
    if (length > 1 && bytes[4 + length] == '.') length--;
    for (size_t index = 0; index < length; index++) {
        unsigned char byte = bytes[5 + index];
        if (byte <= ' ' || byte >= 127) return -1;
        output[index] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    return (int)length;
}

/// Whether the client offers `acme-tls/1` and nothing else (RFC 8737 §3).
static bool is_challenge(SSL *ssl) {
    static const unsigned char expected[] = "\x00\x0b\x0a" "acme-tls/1";
    const unsigned char *bytes;
    size_t count;
    const int alpn = TLSEXT_TYPE_application_layer_protocol_negotiation;
    return SSL_client_hello_get0_ext(ssl, alpn, &bytes, &count) == 1
           && count == sizeof expected - 1 && memcmp(bytes, expected, count) == 0;
}

/// A session is resumed only where its certificate and its name are the same: another route may
/// require a client certificate that this one did not.
static bool set_session_scope(SSL *ssl, const copenssl_context *context, const copenssl_tls *tls) {
    uint8_t input[sizeof context->session_scope + longest_name];
    uint8_t scope[32];
    memcpy(input, context->session_scope, sizeof context->session_scope);
    memcpy(input + sizeof context->session_scope, tls->name, tls->name_count);
    return EVP_Digest(input, sizeof context->session_scope + tls->name_count, scope, NULL,
                      EVP_sha256(), NULL) == 1
           && SSL_set_session_id_context(ssl, scope, sizeof scope) == 1;
}

int copenssl_read_client_hello(SSL *ssl, int *alert, void *argument) {
    (void)argument;
    copenssl_tls *tls = SSL_get_ex_data(ssl, tls_index);
    char name[longest_name];
    *alert = SSL_AD_INTERNAL_ERROR;
    if (tls == NULL) return SSL_CLIENT_HELLO_ERROR;
    int count = read_server_name(ssl, name);
    if (count < 0) {
        *alert = SSL_AD_DECODE_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    bool wants_challenge = is_challenge(ssl);
    if (tls->hello_count > 0
        && (count != tls->name_count || memcmp(name, tls->name, (size_t)count) != 0
            || wants_challenge != tls->is_challenge)) {
        // A second ClientHello must be the first one but for its keys (RFC 8446 §4.1.2).
        *alert = SSL_AD_ILLEGAL_PARAMETER;
        return SSL_CLIENT_HELLO_ERROR;
    }
    tls->hello_count = 1;
    tls->is_challenge = wants_challenge;
    tls->name_count = (uint8_t)count;
    memcpy(tls->name, name, (size_t)count);
    copenssl_context *context = tls->context;
    if (tls->chooser != NULL)
        context = tls->chooser(tls->owner, (const uint8_t *)name, (size_t)count, wants_challenge);
    if (context == NULL) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (context->ssl != SSL_get_SSL_CTX(ssl)) {
        if (SSL_set_SSL_CTX(ssl, context->ssl) == NULL) return SSL_CLIENT_HELLO_ERROR;
        // That does not change: an ACME server that validates a name shows no certificate.
        SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context->ssl), NULL);
    }
    return set_session_scope(ssl, context, tls) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// MARK: - Connections

copenssl_tls *copenssl_tls_of(const SSL *ssl) { return SSL_get_ex_data(ssl, tls_index); }

static copenssl_tls *make_tls(copenssl_context *context) {
    pthread_once(&once, prepare);
    ERR_clear_error();
    copenssl_tls *tls = OPENSSL_zalloc(sizeof *tls);
    BIO *wire = BIO_new(wire_method);
    if (tls != NULL && wire != NULL) tls->ssl = SSL_new(context->ssl);
    if (tls == NULL || wire == NULL || tls->ssl == NULL
        || SSL_set_ex_data(tls->ssl, tls_index, tls) != 1) {
        BIO_free(wire);
        copenssl_tls_free(tls);
        return NULL;
    }
    BIO_set_data(wire, tls);
    BIO_set_init(wire, 1);
    SSL_set_bio(tls->ssl, wire, wire);
    tls->context = context;
    if (copenssl_traffic_follow(tls)) return tls;
    copenssl_tls_free(tls);
    return NULL;
}

copenssl_tls *copenssl_tls_accept(copenssl_context *context, copenssl_chooser chooser, void *owner) {
    copenssl_tls *tls = make_tls(context);
    if (tls == NULL) return NULL;
    tls->chooser = chooser;
    tls->owner = owner;
    SSL_set_accept_state(tls->ssl);
    return tls;
}

static bool expect_name(SSL *ssl, const char *name) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1) return true;
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1;
}

copenssl_tls *copenssl_tls_connect(copenssl_context *context, const char *server_name,
                                   const char *verified_name, bool reports_only) {
    copenssl_tls *tls = make_tls(context);
    if (tls == NULL) return NULL;
    tls->reports_only = reports_only && SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE;
    if (tls->reports_only) SSL_set_verify(tls->ssl, SSL_VERIFY_NONE, NULL);
    if ((server_name != NULL && SSL_set_tlsext_host_name(tls->ssl, server_name) != 1)
        || (verified_name != NULL && !expect_name(tls->ssl, verified_name))) {
        copenssl_tls_free(tls);
        return NULL;
    }
    SSL_set_connect_state(tls->ssl);
    return tls;
}

const char *copenssl_tls_verification_failure(const copenssl_tls *tls) {
    long result = SSL_get_verify_result(tls->ssl);
    return tls->reports_only && result != X509_V_OK ? X509_verify_cert_error_string(result) : NULL;
}

void copenssl_tls_free(copenssl_tls *tls) {
    if (tls == NULL) return;
    copenssl_tls_forget_secrets(tls);
    SSL_free(tls->ssl);
    OPENSSL_free(tls);
}

/// Why a call of OpenSSL did not succeed.
static int outcome(copenssl_tls *tls, int result) {
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ: return copenssl_wants_input;
    case SSL_ERROR_WANT_WRITE: return copenssl_wants_room;
    case SSL_ERROR_ZERO_RETURN: return copenssl_ended;
    default: break;
    }
    // The verification's own words say more than "certificate verify failed".
    long verification = SSL_get_verify_result(tls->ssl);
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED
        && verification != X509_V_OK)
        ERR_raise_data(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "%s",
                       X509_verify_cert_error_string(verification));
    return copenssl_failed;
}

int copenssl_tls_handshake(copenssl_tls *tls, copenssl_wire *wire) {
    ERR_clear_error();
    tls->wire = wire;
    tls->step_limit = copenssl_handshake_step_limit;
    int result = SSL_do_handshake(tls->ssl);
    if (result != 1) result = outcome(tls, result);
    if (result == copenssl_wants_input && tls->step_count >= tls->step_limit) {
        ERR_raise(ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE);
        result = copenssl_failed;
    }
    tls->wire = NULL;
    return result == 1 ? 0 : result;
}

int64_t copenssl_tls_read(copenssl_tls *tls, copenssl_wire *wire, uint8_t *plain, size_t capacity) {
    ERR_clear_error();
    tls->wire = wire;
    tls->step_count = 0;
    tls->step_limit = copenssl_read_step_limit;
    size_t total = 0;
    int64_t end = copenssl_wants_input;
    // Each call decrypts one record at most.
    while (total < capacity) {
        size_t count = 0;
        int result = SSL_read_ex(tls->ssl, plain + total, capacity - total, &count);
        if (result != 1) {
            end = outcome(tls, result);
            break;
        }
        total += count;
        if (wire->input_count == 0 && SSL_pending(tls->ssl) == 0) break;
    }
    // What follows the bytes, an end or an error, is told by the next call.
    wire->has_more = total > 0 && (total == capacity || end != copenssl_wants_input);
    wire->step_count = tls->step_count;
    tls->wire = NULL;
    if (total == 0) return end;
    ERR_clear_error();
    return (int64_t)total;
}

int64_t copenssl_tls_write(copenssl_tls *tls, copenssl_wire *wire, const uint8_t *plain,
                           size_t count) {
    ERR_clear_error();
    tls->wire = wire;
    size_t total = 0;
    int result = 1;
    while (total < count) {
        size_t written = 0;
        result = SSL_write_ex(tls->ssl, plain + total, count - total, &written);
        if (result != 1) break;
        total += written;
    }
    int64_t found = total > 0 ? (int64_t)total : outcome(tls, result);
    tls->wire = NULL;
    return found;
}

void copenssl_tls_end(copenssl_tls *tls, copenssl_wire *wire) {
    ERR_clear_error();
    tls->wire = wire;
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
    tls->wire = NULL;
}

// MARK: - What a handshake has established

static void copy_text(char *output, size_t capacity, const char *text) {
    strncpy(output, text == NULL ? "" : text, capacity - 1);
    output[capacity - 1] = 0;
}

void copenssl_tls_session(const copenssl_tls *tls, copenssl_session *session) {
    memset(session, 0, sizeof *session);
    session->version = SSL_version(tls->ssl);
    session->is_resumed = SSL_session_reused(tls->ssl) == 1;
    session->has_peer_certificate = SSL_get0_peer_certificate(tls->ssl) != NULL;
    session->is_challenge = tls->is_challenge;
    copy_text(session->cipher, sizeof session->cipher, SSL_get_cipher_name(tls->ssl));
    int group = (int)SSL_get_negotiated_group(tls->ssl);
    copy_text(session->group, sizeof session->group,
              group == 0 ? NULL : SSL_group_to_name(tls->ssl, group));
    const unsigned char *protocol = NULL;
    unsigned int count = 0;
    SSL_get0_alpn_selected(tls->ssl, &protocol, &count);
    if (count > 0 && count < sizeof session->protocol) memcpy(session->protocol, protocol, count);
}

size_t copenssl_tls_server_name(const copenssl_tls *tls, char *output, size_t capacity) {
    size_t count = tls->name_count < capacity ? tls->name_count : capacity;
    memcpy(output, tls->name, count);
    return count;
}

void copenssl_tls_peer(const copenssl_tls *tls, char *subject, size_t subject_capacity,
                       char *common_name, size_t common_name_capacity) {
    if (subject_capacity > 0) subject[0] = 0;
    if (common_name_capacity > 0) common_name[0] = 0;
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    if (certificate == NULL) return;
    copenssl_print_name(X509_get_subject_name(certificate), subject, subject_capacity);
    copenssl_common_name(certificate, common_name, common_name_capacity);
}
