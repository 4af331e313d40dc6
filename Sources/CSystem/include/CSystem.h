// The system calls that Swift's Glibc module cannot express (`accept4`, `splice`, `pipe2` need
// _GNU_SOURCE; `sockaddr` needs casts). Each function returns what the call returns, or -errno.
#ifndef SLUICE_CSYSTEM_H
#define SLUICE_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>

/// An IP address and a port, all in host byte order.
struct csystem_address {
    uint8_t is_ipv6;
    uint16_t port;
    uint32_t v4;
    uint64_t v6_high;
    uint64_t v6_low;
};

/// One readiness event: what epoll_data held, and the EPOLL… bits.
struct csystem_event {
    uint64_t token;
    uint32_t bits;
};

enum {
    CSYSTEM_READABLE = 0x001,   // EPOLLIN
    CSYSTEM_WRITABLE = 0x004,   // EPOLLOUT
    CSYSTEM_ERROR = 0x008,      // EPOLLERR
    CSYSTEM_HANGUP = 0x010,     // EPOLLHUP
    CSYSTEM_READ_HANGUP = 0x2000,  // EPOLLRDHUP
};

// Sockets. All are non-blocking and close-on-exec.
int csystem_tcp_socket(int is_ipv6);
int csystem_accept(int fd, struct csystem_address *peer);
int csystem_bind(int fd, const struct csystem_address *address);
int csystem_listen(int fd, int backlog);
int csystem_connect(int fd, const struct csystem_address *address);
int csystem_local_address(int fd, struct csystem_address *address);
int csystem_pending_error(int fd);
int csystem_shutdown_write(int fd);
int csystem_close(int fd);

// Options.
int csystem_set_reuse_address(int fd);
int csystem_set_ipv6_only(int fd, int on);
int csystem_set_no_delay(int fd);
int csystem_set_keepalive(int fd, int idle_seconds, int interval_seconds, int count);
int csystem_set_reset_on_close(int fd);

// Bytes.
int64_t csystem_read(int fd, void *buffer, size_t count);
int64_t csystem_write(int fd, const void *buffer, size_t count);
int64_t csystem_splice(int from, int to, size_t count);
int csystem_pipe(int fds[2], int byte_count);

// Readiness.
int csystem_epoll_create(void);
int csystem_epoll_add_edges(int epoll, int fd, uint64_t token);
int csystem_epoll_add_level(int epoll, int fd, uint64_t token, int exclusive);
int csystem_epoll_remove(int epoll, int fd);
/// `timeout_ms` of -1 waits for ever.
int csystem_epoll_wait(int epoll, struct csystem_event *events, int capacity, int timeout_ms);
int csystem_eventfd_create(void);
int csystem_eventfd_signal(int fd);
int csystem_eventfd_clear(int fd);
int csystem_timerfd_create(void);
/// Fires once after `delay_ms`; 0 disarms. Clears an earlier firing.
int csystem_timerfd_set(int fd, int64_t delay_ms);
/// 1 if `fd` is ready for reading (or `writing`), 0 after `timeout_ms`.
int csystem_poll(int fd, int writing, int timeout_ms);

// Clocks and limits.
int64_t csystem_monotonic_ns(void);
int64_t csystem_realtime_us(void);
int64_t csystem_descriptor_limit(void);
int csystem_processor_count(void);

/// Resolves `name` (getaddrinfo, stream sockets) into at most `capacity` addresses, in the
/// resolver's order and without doubles. Returns their count, or -EAI_… ; blocks.
int csystem_resolve(const char *name, struct csystem_address *addresses, int capacity);
const char *csystem_resolve_error(int code);

#endif
