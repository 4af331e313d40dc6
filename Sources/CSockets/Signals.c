#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Non-blocking: a handler must not wait. A full pipe holds 65,536 signals that nobody has read.
static volatile int write_end = -1;

static void deliver(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    if (write(write_end, &byte, 1) < 0) errno = saved;
    errno = saved;
}

int csockets_signals_open(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    write_end = ends[1];
    return ends[0];
}

int csockets_signals_catch(int number) {
    struct sigaction action = {.sa_handler = deliver, .sa_flags = SA_RESTART};
    sigset_t one;
    sigemptyset(&action.sa_mask);
    sigemptyset(&one);
    sigaddset(&one, number);
    if (sigaction(number, &action, NULL) < 0) return -errno;
    return -pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

int csockets_signals_next(int fd) {
    unsigned char byte;
    for (;;) {
        ssize_t count = read(fd, &byte, 1);
        if (count == 1) return byte;
        if (count == 0 || errno != EINTR) return count == 0 ? -EPIPE : -errno;
    }
}

int csockets_memory_trim(void) { return malloc_trim(0); }

static int release_code(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        // What is writable at first, or until it has been relocated, is not what the file has.
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        uintptr_t end = (start + segment->p_memsz) & ~(page - 1);
        start = (start + page - 1) & ~(page - 1);
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void csockets_memory_release_code(void) { dl_iterate_phdr(release_code, NULL); }

int csockets_memory_return_blocks(int bytes) {
    return mallopt(M_MMAP_THRESHOLD, bytes) && mallopt(M_TRIM_THRESHOLD, 4 * bytes);
}
