// What OpenSSL itself keeps for an idle TLS connection: so many server ends with the gateway's
// settings, after a handshake and one exchange, over memory. Prints bytes for each.
//
//     cc -O2 -o openssl-idle openssl-idle.c -lssl -lcrypto && ./openssl-idle CERTIFICATE KEY 1000
#include <malloc.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static void pump(SSL *client, SSL *server) {
    char byte;
    for (int turn = 0; turn < 8; turn++) {
        SSL_read(client, &byte, 1);
        SSL_read(server, &byte, 1);
    }
}

static SSL *make(SSL_CTX *context, BIO **wire, int serves) {
    SSL *ssl = SSL_new(context);
    SSL_set_bio(ssl, wire[0], wire[1]);
    if (serves) SSL_set_accept_state(ssl); else SSL_set_connect_state(ssl);
    return ssl;
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: openssl-idle CERTIFICATE KEY [COUNT]\n"), 2;
    int count = argc > 3 ? atoi(argv[3]) : 1000;
    SSL_CTX *servers = SSL_CTX_new(TLS_server_method()), *clients = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_use_certificate_chain_file(servers, argv[1]) != 1
        || SSL_CTX_use_PrivateKey_file(servers, argv[2], SSL_FILETYPE_PEM) != 1)
        return fprintf(stderr, "openssl-idle: cannot use %s and %s\n", argv[1], argv[2]), 1;
    SSL_CTX_set_mode(servers, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(servers, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(servers, 1);
    SSL **idle = calloc((size_t)count, sizeof *idle);
    size_t before = 0;
    for (int index = -1; index < count; index++) {
        if (index == 0) before = mallinfo2().uordblks;
        BIO *wire[2] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
        BIO *reverse[2] = {wire[1], wire[0]};
        BIO_up_ref(wire[0]), BIO_up_ref(wire[1]);
        SSL *server = make(servers, wire, 1), *client = make(clients, reverse, 0);
        pump(client, server);
        if (!SSL_is_init_finished(server)) return fprintf(stderr, "openssl-idle: no handshake\n"), 1;
        SSL_write(client, "x", 1);
        pump(client, server);
        SSL_write(server, "x", 1);
        pump(client, server);
        SSL_free(client);
        // The gateway has a BIO of its own without a buffer.
        BIO *none = BIO_new(BIO_s_null());
        BIO_up_ref(none);
        SSL_set_bio(server, none, none);
        if (index >= 0) idle[index] = server;
    }
    printf("%zu\n", (mallinfo2().uordblks - before) / (size_t)count);
    return 0;
}
