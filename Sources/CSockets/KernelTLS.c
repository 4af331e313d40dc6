#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

static int64_t result(int64_t value) { return value < 0 ? -errno : value; }

int csockets_tls_attach(int fd) {
    return (int)result(setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls"));
}

/// What the kernel is given, in the form of each cipher.
union crypto_info {
    struct tls_crypto_info info;
    struct tls12_crypto_info_aes_gcm_128 aes128;
    struct tls12_crypto_info_aes_gcm_256 aes256;
    struct tls12_crypto_info_chacha20_poly1305 chacha20;
};

/// Returns its size; 0 for an unknown cipher.
static socklen_t fill(union crypto_info *form, const struct csockets_tls_keys *keys) {
    uint8_t sequence[8];
    for (int index = 0; index < 8; index++)
        sequence[index] = (uint8_t)(keys->sequence >> (56 - 8 * index));
    memset(form, 0, sizeof *form);
    form->info.version = (uint16_t)keys->version;
    form->info.cipher_type = (uint16_t)keys->cipher;
    switch (keys->cipher) {
    case TLS_CIPHER_AES_GCM_128:
        memcpy(form->aes128.key, keys->key, sizeof form->aes128.key);
        memcpy(form->aes128.salt, keys->vector, sizeof form->aes128.salt);
        memcpy(form->aes128.iv, keys->vector + sizeof form->aes128.salt, sizeof form->aes128.iv);
        memcpy(form->aes128.rec_seq, sequence, sizeof sequence);
        return sizeof form->aes128;
    case TLS_CIPHER_AES_GCM_256:
        memcpy(form->aes256.key, keys->key, sizeof form->aes256.key);
        memcpy(form->aes256.salt, keys->vector, sizeof form->aes256.salt);
        memcpy(form->aes256.iv, keys->vector + sizeof form->aes256.salt, sizeof form->aes256.iv);
        memcpy(form->aes256.rec_seq, sequence, sizeof sequence);
        return sizeof form->aes256;
    case TLS_CIPHER_CHACHA20_POLY1305:
        memcpy(form->chacha20.key, keys->key, sizeof form->chacha20.key);
        memcpy(form->chacha20.iv, keys->vector, sizeof form->chacha20.iv);
        memcpy(form->chacha20.rec_seq, sequence, sizeof sequence);
        return sizeof form->chacha20;
    default: return 0;
    }
}

int csockets_tls_set_keys(int fd, int writing, const struct csockets_tls_keys *keys) {
    union crypto_info form;
    socklen_t size = fill(&form, keys);
    int code = -EINVAL;
    if (size > 0) code = (int)result(setsockopt(fd, SOL_TLS, writing ? TLS_TX : TLS_RX, &form, size));
    explicit_bzero(&form, sizeof form);
    return code;
}

void csockets_tls_clear_keys(struct csockets_tls_keys *keys) {
    explicit_bzero(keys, sizeof *keys);
}

/// Room for the type of one record.
union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(uint8_t))];
};

int64_t csockets_tls_receive(int fd, void *buffer, size_t count, uint8_t *type) {
    union control control = {0};
    struct iovec piece = {.iov_base = buffer, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    int64_t received = result(recvmsg(fd, &message, 0));
    struct cmsghdr *found = received < 0 ? NULL : CMSG_FIRSTHDR(&message);
    *type = 0;
    if (found != NULL && found->cmsg_level == SOL_TLS && found->cmsg_type == TLS_GET_RECORD_TYPE)
        *type = *CMSG_DATA(found);
    return received;
}

int64_t csockets_tls_send(int fd, uint8_t type, const void *buffer, size_t count) {
    union control control = {0};
    struct iovec piece = {.iov_base = (void *)buffer, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_TLS;
    header->cmsg_type = TLS_SET_RECORD_TYPE;
    header->cmsg_len = CMSG_LEN(sizeof type);
    *CMSG_DATA(header) = type;
    message.msg_controllen = header->cmsg_len;
    return result(sendmsg(fd, &message, MSG_NOSIGNAL));
}

int csockets_tls_make_room(int fd) {
    int most = INT32_MAX / 2;
    int unbounded = -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most) < 0) return -errno;
    return (int)result(
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unbounded, sizeof unbounded));
}

int csockets_loopback_pair(int ends[2]) {
    struct csockets_address address = {.v4 = 0x7f000001};
    int listener = csockets_tcp_socket(0);
    if (listener < 0) return listener;
    ends[0] = csockets_tcp_socket(0);
    ends[1] = -1;
    int code = ends[0] < 0 ? ends[0] : csockets_bind(listener, &address);
    if (code == 0) code = csockets_listen(listener, 1);
    if (code == 0) code = csockets_local_address(listener, &address);
    // Over loopback the handshake is done when connect returns; only the way of saying so differs.
    if (code == 0) code = csockets_connect(ends[0], &address);
    if (code == -EINPROGRESS) code = 0;
    if (code == 0 && csockets_poll(listener, 0, 1000) != 1) code = -ETIMEDOUT;
    if (code == 0) code = ends[1] = csockets_accept(listener, &address);
    csockets_close(listener);
    if (code >= 0) return 0;
    if (ends[0] >= 0) csockets_close(ends[0]);
    return code;
}
