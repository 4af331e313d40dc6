internal import CSockets

/// The memory that the allocator holds for this process.
package enum ProcessMemory {
    /// Gives free memory back to the system, from wherever in the heap it is (malloc_trim(3)).
    /// Threads that allocate meanwhile wait for it, an arena at a time.
    package static func trim() {
        _ = csockets_memory_trim()
    }
}
