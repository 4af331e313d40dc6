#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Enough for one in_pktinfo or in6_pktinfo.
enum { CONTROL_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

/// One datagram and its answer, which share the peer's address and ours.
struct slot {
    struct sockaddr_storage peer;
    _Alignas(struct cmsghdr) char control[CONTROL_SIZE];
    socklen_t peer_length;
    size_t control_length;
    int received;
    int answer;
};

struct csockets_datagrams {
    int capacity, receive_size, send_size, count;
    struct slot *slots;
    uint8_t *incoming, *outgoing;
    struct mmsghdr *messages;
    struct iovec *vectors;
};

int csockets_udp_socket(int is_ipv6) {
    int family = is_ipv6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int on = 1;
    int code = is_ipv6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                       : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (code == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

struct csockets_datagrams *csockets_datagrams_create(
    int capacity, int receive_size, int send_size) {
    struct csockets_datagrams *datagrams = calloc(1, sizeof *datagrams);
    if (!datagrams) return NULL;
    datagrams->capacity = capacity;
    datagrams->receive_size = receive_size;
    datagrams->send_size = send_size;
    size_t count = (size_t)capacity;
    datagrams->slots = calloc(count, sizeof *datagrams->slots);
    datagrams->incoming = malloc(count * (size_t)receive_size);
    datagrams->outgoing = malloc(count * (size_t)send_size);
    datagrams->messages = calloc(count, sizeof *datagrams->messages);
    datagrams->vectors = calloc(count, sizeof *datagrams->vectors);
    if (datagrams->slots && datagrams->incoming && datagrams->outgoing && datagrams->messages
        && datagrams->vectors)
        return datagrams;
    csockets_datagrams_free(datagrams);
    return NULL;
}

void csockets_datagrams_free(struct csockets_datagrams *datagrams) {
    free(datagrams->slots);
    free(datagrams->incoming);
    free(datagrams->outgoing);
    free(datagrams->messages);
    free(datagrams->vectors);
    free(datagrams);
}

// An interface is kept only for link-local addresses: routes decide about all others.
static void forget_interface(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            ((struct in_pktinfo *)CMSG_DATA(part))->ipi_ifindex = 0;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(part);
            if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
        }
    }
}

int csockets_datagrams_receive(int fd, struct csockets_datagrams *datagrams) {
    datagrams->count = 0;
    for (int i = 0; i < datagrams->capacity; i++) {
        struct slot *slot = &datagrams->slots[i];
        datagrams->vectors[i].iov_base = datagrams->incoming + (size_t)i * datagrams->receive_size;
        datagrams->vectors[i].iov_len = (size_t)datagrams->receive_size;
        struct msghdr *message = &datagrams->messages[i].msg_hdr;
        memset(message, 0, sizeof *message);
        message->msg_name = &slot->peer;
        message->msg_namelen = sizeof slot->peer;
        message->msg_iov = &datagrams->vectors[i];
        message->msg_iovlen = 1;
        message->msg_control = slot->control;
        message->msg_controllen = sizeof slot->control;
        slot->answer = 0;
    }
    int count = recvmmsg(fd, datagrams->messages, (unsigned)datagrams->capacity, MSG_DONTWAIT, NULL);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        struct msghdr *message = &datagrams->messages[i].msg_hdr;
        struct slot *slot = &datagrams->slots[i];
        forget_interface(message);
        slot->peer_length = message->msg_namelen;
        slot->control_length = message->msg_controllen;
        slot->received =
            message->msg_flags & MSG_TRUNC ? 0 : (int)datagrams->messages[i].msg_len;
    }
    datagrams->count = count;
    return count;
}

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
    return value;
}

const uint8_t *csockets_datagrams_bytes(
    const struct csockets_datagrams *datagrams, int index, int *count,
    struct csockets_address *peer) {
    const struct slot *slot = &datagrams->slots[index];
    memset(peer, 0, sizeof *peer);
    if (slot->peer.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&slot->peer;
        peer->is_ipv6 = 1;
        peer->port = ntohs(v6->sin6_port);
        peer->v6_high = load64(v6->sin6_addr.s6_addr);
        peer->v6_low = load64(v6->sin6_addr.s6_addr + 8);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&slot->peer;
        peer->port = ntohs(v4->sin_port);
        peer->v4 = ntohl(v4->sin_addr.s_addr);
    }
    *count = slot->received;
    return datagrams->incoming + (size_t)index * datagrams->receive_size;
}

void csockets_datagrams_answer(
    struct csockets_datagrams *datagrams, int index, const void *bytes, int count) {
    if (count > datagrams->send_size) return;
    memcpy(datagrams->outgoing + (size_t)index * datagrams->send_size, bytes, (size_t)count);
    datagrams->slots[index].answer = count;
}

int csockets_datagrams_send(int fd, struct csockets_datagrams *datagrams) {
    int total = 0;
    for (int i = 0; i < datagrams->count; i++) {
        struct slot *slot = &datagrams->slots[i];
        if (slot->answer == 0) continue;
        struct iovec *vector = &datagrams->vectors[total];
        vector->iov_base = datagrams->outgoing + (size_t)i * datagrams->send_size;
        vector->iov_len = (size_t)slot->answer;
        struct msghdr *message = &datagrams->messages[total++].msg_hdr;
        memset(message, 0, sizeof *message);
        message->msg_name = &slot->peer;
        message->msg_namelen = slot->peer_length;
        message->msg_iov = vector;
        message->msg_iovlen = 1;
        message->msg_control = slot->control_length ? slot->control : NULL;
        message->msg_controllen = slot->control_length;
    }
    int sent = 0, failed = 0;
    while (sent < total) {
        int count = sendmmsg(
            fd, datagrams->messages + sent, (unsigned)(total - sent), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return failed + total - sent;
        // One that cannot be sent must not keep the others.
        if (count <= 0) failed++;
        sent += count > 0 ? count : 1;
    }
    return failed;
}
