internal import CSockets

/// The memory that the allocator holds for this process.
public enum ProcessMemory {
    /// Gives free memory back to the system, from wherever in the heap it is (malloc_trim(3)).
    /// Threads that allocate meanwhile wait for it, an arena at a time.
    public static func trim() {
        _ = csockets_memory_trim()
    }

    /// Makes the allocator give large blocks back to the system as soon as they are freed
    /// (mallopt(3)): a list is copied for each edit, and the arena of whichever thread made the copy
    /// would keep its memory.
    public static func returnLargeBlocks() {
        _ = csockets_memory_return_blocks(256 << 10)
    }
}
