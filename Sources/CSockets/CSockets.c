#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CSOCKETS_READABLE == EPOLLIN && CSOCKETS_WRITABLE == EPOLLOUT, "event bits");
_Static_assert(CSOCKETS_ERROR == EPOLLERR && CSOCKETS_HANGUP == EPOLLHUP, "event bits");
_Static_assert(CSOCKETS_READ_HANGUP == EPOLLRDHUP, "event bits");
_Static_assert(CSOCKETS_URGENT == EPOLLPRI, "event bits");

static int64_t result(int64_t value) { return value < 0 ? -errno : value; }

static uint64_t load64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
    return value;
}

static void store64(uint8_t *bytes, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = (uint8_t)value;
}

static socklen_t to_sockaddr(const struct csockets_address *address, struct sockaddr_storage *to) {
    memset(to, 0, sizeof *to);
    if (address->is_ipv6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address->port);
        store64(v6->sin6_addr.s6_addr, address->v6_high);
        store64(v6->sin6_addr.s6_addr + 8, address->v6_low);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address->port);
    v4->sin_addr.s_addr = htonl(address->v4);
    return sizeof *v4;
}

static void from_sockaddr(const struct sockaddr *from, struct csockets_address *address) {
    memset(address, 0, sizeof *address);
    if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        address->is_ipv6 = 1;
        address->port = ntohs(v6->sin6_port);
        address->v6_high = load64(v6->sin6_addr.s6_addr);
        address->v6_low = load64(v6->sin6_addr.s6_addr + 8);
    } else if (from->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        address->port = ntohs(v4->sin_port);
        address->v4 = ntohl(v4->sin_addr.s_addr);
    }
}

static int set_option(int fd, int level, int name, int value) {
    return (int)result(setsockopt(fd, level, name, &value, sizeof value));
}

int csockets_tcp_socket(int is_ipv6) {
    return (int)result(
        socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int csockets_accept(int fd, struct csockets_address *peer) {
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    int accepted = (int)syscall(SYS_accept4, fd, &from, &length, flags);
    if (accepted < 0) return -errno;
    from_sockaddr((struct sockaddr *)&from, peer);
    return accepted;
}

int csockets_bind(int fd, const struct csockets_address *address) {
    struct sockaddr_storage to;
    socklen_t length = to_sockaddr(address, &to);
    return (int)result(bind(fd, (struct sockaddr *)&to, length));
}

int csockets_bind_without_port(int fd, const struct csockets_address *address) {
    int code = set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return code < 0 ? code : csockets_bind(fd, address);
}

int csockets_route_source(const struct csockets_address *to, struct csockets_address *source) {
    int fd = socket(to->is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int code = csockets_connect(fd, to);
    if (code == 0) code = csockets_local_address(fd, source);
    close(fd);
    return code;
}

int csockets_listen(int fd, int backlog) { return (int)result(listen(fd, backlog)); }

int csockets_connect(int fd, const struct csockets_address *address) {
    struct sockaddr_storage to;
    socklen_t length = to_sockaddr(address, &to);
    return (int)result(syscall(SYS_connect, fd, &to, length));
}

int csockets_local_address(int fd, struct csockets_address *address) {
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    if (getsockname(fd, (struct sockaddr *)&from, &length) < 0) return -errno;
    from_sockaddr((struct sockaddr *)&from, address);
    return 0;
}

int csockets_pending_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return -error;
}

int csockets_shutdown_write(int fd) { return (int)result(shutdown(fd, SHUT_WR)); }

int csockets_close(int fd) { return (int)result(syscall(SYS_close, fd)); }

int csockets_set_reuse_address(int fd) { return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1); }

int csockets_set_reuse_port(int fd, int on) { return set_option(fd, SOL_SOCKET, SO_REUSEPORT, on); }

int csockets_set_ipv6_only(int fd, int on) { return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, on); }

int csockets_bind_to_device(int fd, const char *name) {
    return (int)result(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1));
}

int csockets_set_no_delay(int fd) { return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

int csockets_set_quick_ack(int fd, int on) { return set_option(fd, IPPROTO_TCP, TCP_QUICKACK, on); }

int csockets_set_congestion_control(int fd, const char *name) {
    return (int)result(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)));
}

int csockets_congestion_control(int fd, char name[CSOCKETS_CONGESTION_CONTROL_SIZE]) {
    socklen_t length = CSOCKETS_CONGESTION_CONTROL_SIZE - 1;
    memset(name, 0, CSOCKETS_CONGESTION_CONTROL_SIZE);
    return (int)result(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
}

int csockets_set_keepalive(int fd, int idle_seconds, int interval_seconds, int count) {
    int code = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (code == 0) code = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
    if (code == 0) code = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_seconds);
    if (code == 0) code = set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
    return code;
}

int csockets_set_user_timeout(int fd, int milliseconds) {
    return set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds);
}

int csockets_set_receive_buffer(int fd, int byte_count) {
    return set_option(fd, SOL_SOCKET, SO_RCVBUF, byte_count);
}

int csockets_set_window_clamp(int fd, int byte_count) {
    return set_option(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, byte_count);
}

int csockets_receive_buffer(int fd) {
    int byte_count = 0;
    socklen_t length = sizeof byte_count;
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &byte_count, &length) < 0) return -errno;
    return byte_count / 2;
}

int csockets_set_unsent_limit(int fd, int byte_count) {
    return set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, byte_count);
}

int csockets_held(int fd, struct csockets_held *held) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof memory;
    int unacknowledged = 0, unsent = 0;
    if (ioctl(fd, SIOCOUTQ, &unacknowledged) < 0) return -errno;
    if (ioctl(fd, SIOCOUTQNSD, &unsent) < 0) return -errno;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0) return -errno;
    held->unacknowledged = unacknowledged;
    held->unsent = unsent;
    held->memory = (int64_t)memory[SK_MEMINFO_RMEM_ALLOC] + memory[SK_MEMINFO_WMEM_QUEUED];
    return 0;
}

int csockets_set_reset_on_close(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return (int)result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
}

// The calls that are made for each piece of bytes go past the C library's wrappers: those are points
// at which a thread may be cancelled (pthreads(7)), which costs two atomic operations a call, and
// nobody cancels these threads.

static int64_t receive(int fd, void *buffer, size_t count, int flags) {
    return result(syscall(SYS_recvfrom, fd, buffer, count, flags, NULL, NULL));
}

static int64_t transmit(int fd, const void *buffer, size_t count, int flags) {
    return result(syscall(SYS_sendto, fd, buffer, count, flags | MSG_NOSIGNAL, NULL, 0));
}

int64_t csockets_read(int fd, void *buffer, size_t count) {
    return receive(fd, buffer, count, 0);
}

int64_t csockets_discard(int fd, size_t count) {
    return receive(fd, NULL, count, MSG_TRUNC);
}

int64_t csockets_write(int fd, const void *buffer, size_t count) {
    return transmit(fd, buffer, count, 0);
}

int64_t csockets_write_more(int fd, const void *buffer, size_t count) {
    return transmit(fd, buffer, count, MSG_MORE);
}

int64_t csockets_splice(int from, int to, size_t count) {
    unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    return result(syscall(SYS_splice, from, NULL, to, NULL, count, flags));
}

int csockets_pipe(int fds[2], int byte_count) {
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
    // A smaller pipe works too: beyond pipe-user-pages-soft the kernel refuses to grow it.
    int size = fcntl(fds[1], F_SETPIPE_SZ, byte_count);
    if (size < 0) size = fcntl(fds[1], F_GETPIPE_SZ);
    return size < 0 ? 4096 : size;
}

int csockets_epoll_create(void) { return (int)result(epoll_create1(EPOLL_CLOEXEC)); }

static int epoll_add(int epoll, int fd, uint64_t token, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return (int)result(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

int csockets_epoll_add_edges(int epoll, int fd, uint64_t token) {
    return epoll_add(epoll, fd, token, EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int csockets_epoll_add_level(int epoll, int fd, uint64_t token, int exclusive) {
    return epoll_add(epoll, fd, token, EPOLLIN | (exclusive ? EPOLLEXCLUSIVE : 0u));
}

int csockets_epoll_remove(int epoll, int fd) {
    return (int)result(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
}

int csockets_epoll_wait(int epoll, struct csockets_event *events, int capacity, int timeout_ms) {
    struct epoll_event ready[256];
    if (capacity > 256) capacity = 256;
    int count = (int)syscall(SYS_epoll_pwait, epoll, ready, capacity, timeout_ms, NULL, 0);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].bits = ready[i].events;
    }
    return count;
}

int csockets_eventfd_create(void) { return (int)result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int csockets_eventfd_signal(int fd) {
    uint64_t one = 1;
    return (int)result(write(fd, &one, sizeof one));
}

int csockets_eventfd_clear(int fd) {
    uint64_t count;
    return (int)result(read(fd, &count, sizeof count));
}

int csockets_timerfd_create(void) {
    return (int)result(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
}

int csockets_timerfd_set(int fd, int64_t delay_ms) {
    struct itimerspec spec = {
        .it_value = {.tv_sec = delay_ms / 1000, .tv_nsec = delay_ms % 1000 * 1000000}};
    return (int)result(timerfd_settime(fd, 0, &spec, NULL));
}

int csockets_timerfd_set_ns(int fd, int64_t delay_ns) {
    struct itimerspec spec = {
        .it_value = {.tv_sec = delay_ns / 1000000000, .tv_nsec = delay_ns % 1000000000}};
    return (int)result(timerfd_settime(fd, 0, &spec, NULL));
}

int csockets_poll(int fd, int writing, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = writing ? POLLOUT : POLLIN};
    int count = poll(&entry, 1, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    return count;
}

int64_t csockets_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t csockets_process_ns(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

int64_t csockets_realtime_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t csockets_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

int csockets_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int csockets_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    return CPU_COUNT(&set);
}

int csockets_resolve(const char *name, struct csockets_address *addresses, int capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(name, NULL, &hints, &list);
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *entry = list; entry != NULL && count < capacity; entry = entry->ai_next) {
        struct csockets_address *address = &addresses[count];
        from_sockaddr(entry->ai_addr, address);
        int known = 0;
        for (int i = 0; i < count && !known; i++)
            known = memcmp(&addresses[i], address, sizeof *address) == 0;
        if (!known) count++;
    }
    freeaddrinfo(list);
    return count;
}

const char *csockets_resolve_error(int code) { return gai_strerror(code); }
