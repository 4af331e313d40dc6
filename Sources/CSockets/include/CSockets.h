// The system calls that Swift's Glibc module cannot express (`accept4`, `splice`, `pipe2` need
// _GNU_SOURCE; `sockaddr` needs casts). Each function returns what the call returns, or -errno.
#ifndef SLUICE_CSOCKETS_H
#define SLUICE_CSOCKETS_H

#include <stddef.h>
#include <stdint.h>

/// An IP address and a port, all in host byte order.
struct csockets_address {
    uint8_t is_ipv6;
    uint16_t port;
    uint32_t v4;
    uint64_t v6_high;
    uint64_t v6_low;
};

/// One readiness event: what epoll_data held, and the EPOLL… bits.
struct csockets_event {
    uint64_t token;
    uint32_t bits;
};

enum {
    CSOCKETS_READABLE = 0x001,   // EPOLLIN
    CSOCKETS_URGENT = 0x002,     // EPOLLPRI
    CSOCKETS_WRITABLE = 0x004,   // EPOLLOUT
    CSOCKETS_ERROR = 0x008,      // EPOLLERR
    CSOCKETS_HANGUP = 0x010,     // EPOLLHUP
    CSOCKETS_READ_HANGUP = 0x2000,  // EPOLLRDHUP
};

// Sockets. All are non-blocking and close-on-exec.
int csockets_tcp_socket(int is_ipv6);
int csockets_accept(int fd, struct csockets_address *peer);
int csockets_bind(int fd, const struct csockets_address *address);
/// Chooses the address to connect from; the port is chosen by connect, for the peer that it names.
int csockets_bind_without_port(int fd, const struct csockets_address *address);
int csockets_listen(int fd, int backlog);
int csockets_bind_to_device(int fd, const char *name);
int csockets_connect(int fd, const struct csockets_address *address);
int csockets_local_address(int fd, struct csockets_address *address);
/// The address from which the system would send to `to`, whose port must not be 0. Sends nothing.
int csockets_route_source(const struct csockets_address *to, struct csockets_address *source);
int csockets_pending_error(int fd);
int csockets_shutdown_write(int fd);
int csockets_close(int fd);

// Options.
int csockets_set_reuse_address(int fd);
int csockets_set_reuse_port(int fd, int on);
int csockets_set_ipv6_only(int fd, int on);
/// Whether segments are acknowledged at once; off lets data carry what they can (TCP_QUICKACK).
int csockets_set_quick_ack(int fd, int on);
int csockets_set_no_delay(int fd);
/// A name of the kernel's, with the zero behind it (TCP_CA_NAME_MAX).
#define CSOCKETS_CONGESTION_CONTROL_SIZE 17
int csockets_set_congestion_control(int fd, const char *name);
int csockets_congestion_control(int fd, char name[CSOCKETS_CONGESTION_CONTROL_SIZE]);
int csockets_set_keepalive(int fd, int idle_seconds, int interval_seconds, int count);
/// How long sent bytes may stay unacknowledged, or a window closed; 0 for the system's rule.
int csockets_set_user_timeout(int fd, int milliseconds);
/// The receive buffer, which then no longer grows by itself (SO_RCVBUF).
int csockets_set_receive_buffer(int fd, int byte_count);
/// The largest window that is announced (TCP_WINDOW_CLAMP).
int csockets_set_window_clamp(int fd, int byte_count);
/// What SO_RCVBUF granted, before the kernel doubled it.
int csockets_receive_buffer(int fd);
/// How many unsent bytes the socket takes before a write would block (TCP_NOTSENT_LOWAT).
int csockets_set_unsent_limit(int fd, int byte_count);
int csockets_set_reset_on_close(int fd);

/// What a socket holds, in bytes.
struct csockets_held {
    /// Written and not acknowledged by the peer, those of `unsent` included.
    int64_t unacknowledged;
    int64_t unsent;
    /// Of the kernel's memory, for what was received and what is to be sent.
    int64_t memory;
};
int csockets_held(int fd, struct csockets_held *held);

// Bytes.
int64_t csockets_read(int fd, void *buffer, size_t count);
/// Takes bytes from the socket without copying them (MSG_TRUNC, tcp(7)).
int64_t csockets_discard(int fd, size_t count);
int64_t csockets_write(int fd, const void *buffer, size_t count);
/// Leaves the last, incomplete segment unsent until more is written or the stream is ended.
int64_t csockets_write_more(int fd, const void *buffer, size_t count);
int64_t csockets_splice(int from, int to, size_t count);
int csockets_pipe(int fds[2], int byte_count);

// TLS in the kernel (KernelTLS.c).
/// Prepares a connected socket; its bytes stay as they are until keys are set.
int csockets_tls_attach(int fd);
/// What protects the records of one direction from now on.
struct csockets_tls_keys {
    /// 0x0303 or 0x0304.
    int version;
    /// The kernel's number of the cipher (linux/tls.h): 51 AES-128-GCM, 52 AES-256-GCM, 54
    /// ChaCha20-Poly1305.
    int cipher;
    /// 16 or 32 bytes.
    uint8_t key[32];
    uint8_t vector[12];
    uint64_t sequence;
};
int csockets_tls_set_keys(int fd, int writing, const struct csockets_tls_keys *keys);
void csockets_tls_clear_keys(struct csockets_tls_keys *keys);
/// Takes one record of any type, or a part of it, and reports its type.
int64_t csockets_tls_receive(int fd, void *buffer, size_t count, uint8_t *type);
/// Sends a record of that type.
int64_t csockets_tls_send(int fd, uint8_t type, const void *buffer, size_t count);
/// Two ends of a connection over 127.0.0.1.
int csockets_loopback_pair(int ends[2]);
/// Lets the socket take all that the kernel still has for it before it closes: as much room as the
/// system grants, and no bound on what is unsent.
int csockets_tls_make_room(int fd);

// Datagrams (Datagrams.c).
/// A UDP socket that knows to which address each datagram was sent (IP_PKTINFO).
int csockets_udp_socket(int is_ipv6);
/// Room for datagrams that are received, and answered, with one call.
struct csockets_datagrams;
/// NULL if there is no memory. Datagrams of more than `receive_size` bytes are dropped.
struct csockets_datagrams *csockets_datagrams_create(
    int capacity, int receive_size, int send_size);
void csockets_datagrams_free(struct csockets_datagrams *datagrams);
/// Replaces those from before by what is waiting. Returns how many; 0 for none, or -errno.
int csockets_datagrams_receive(int fd, struct csockets_datagrams *datagrams);
/// The bytes of one of them, and who sent it.
const uint8_t *csockets_datagrams_bytes(
    const struct csockets_datagrams *datagrams, int index, int *count,
    struct csockets_address *peer);
/// Answers one of them, from the address that it was sent to. At most `send_size` bytes.
void csockets_datagrams_answer(
    struct csockets_datagrams *datagrams, int index, const void *bytes, int count);
/// Sends all answers. Returns how many could not be sent.
int csockets_datagrams_send(int fd, struct csockets_datagrams *datagrams);

// Readiness.
int csockets_epoll_create(void);
int csockets_epoll_add_edges(int epoll, int fd, uint64_t token);
int csockets_epoll_add_level(int epoll, int fd, uint64_t token, int exclusive);
int csockets_epoll_remove(int epoll, int fd);
/// `timeout_ms` of -1 waits for ever.
int csockets_epoll_wait(int epoll, struct csockets_event *events, int capacity, int timeout_ms);
int csockets_eventfd_create(void);
int csockets_eventfd_signal(int fd);
int csockets_eventfd_clear(int fd);
int csockets_timerfd_create(void);
/// Fires once after `delay_ms`; 0 disarms. Clears an earlier firing.
int csockets_timerfd_set(int fd, int64_t delay_ms);
/// Fires once after `delay_ns`; 0 disarms. Clears an earlier firing.
int csockets_timerfd_set_ns(int fd, int64_t delay_ns);
/// 1 if `fd` is ready for reading (or `writing`), 0 after `timeout_ms`.
int csockets_poll(int fd, int writing, int timeout_ms);

// Clocks and limits.
int64_t csockets_monotonic_ns(void);
/// The processor time of this process, all threads together, in nanoseconds.
int64_t csockets_process_ns(void);
int64_t csockets_realtime_us(void);
int64_t csockets_descriptor_limit(void);
/// Raises the soft limit to the hard one; -errno if the system refuses.
int csockets_raise_descriptor_limit(void);
int csockets_processor_count(void);

/// Resolves `name` (getaddrinfo, stream sockets) into at most `capacity` addresses, in the
/// resolver's order and without doubles. Returns their count, or -EAI_… ; blocks.
int csockets_resolve(const char *name, struct csockets_address *addresses, int capacity);
const char *csockets_resolve_error(int code);

// Signals, as bytes of a pipe. To be opened once in a process.
/// Returns the end that ``csockets_signals_next`` reads.
int csockets_signals_open(void);
/// From now on `number` comes through the pipe; the calling thread takes it even if its creator
/// blocked it.
int csockets_signals_catch(int number);
/// Blocks until a signal has come, and returns its number.
int csockets_signals_next(int fd);

// Memory.
/// Gives the system back what the allocator holds free, in all of its arenas (malloc_trim(3)).
/// 1 if there was anything, else 0.
int csockets_memory_trim(void);
/// Makes blocks of this size and larger mappings of their own, which go back to the system when
/// they are freed, in place of a threshold that grows with them (mallopt(3)). 0 if refused.
int csockets_memory_return_blocks(int bytes);
/// Takes the pages of the program and its libraries that are never written out of the process'
/// resident memory (MADV_DONTNEED, madvise(2)). Those that are used come back from the page cache.
void csockets_memory_release_code(void);
/// Takes the pages of the program and its libraries that are never written out of the process'
/// resident memory (MADV_DONTNEED, madvise(2)). Those that are used come back from the page cache.
void csockets_memory_release_code(void);

#endif
