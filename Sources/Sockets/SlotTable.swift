/// Elements in a few large pieces of memory, addressed by index and generation.
///
/// An element's generation changes when it is removed: whoever still holds its key finds nothing,
/// rather than the slot's next tenant. Indices are dense and are used again, the latest first, so
/// that the memory in use stays warm. Elements never move.
///
/// Not to be shared between threads. While an element is being changed through the subscript, the
/// table may be used for others, not for the same one.
///
/// - Complexity: O(1) for every operation.
@safe package final class SlotTable<Element> {
    /// Names one element.
    package struct Key: Hashable, Sendable {
        package let index: UInt32
        /// Below 2^30.
        package let generation: UInt32

        @inlinable
        package init(index: UInt32, generation: UInt32) {
            self.index = index
            self.generation = generation
        }
    }

    @usableFromInline static var chunkBitCount: Int { 8 }
    @usableFromInline static var chunkSize: Int { 1 << chunkBitCount }
    @usableFromInline static var vacantBit: UInt32 { 1 << 31 }

    // Exclusivity is the caller's (see above): to have it checked at run time, for a class that
    // other modules use, would cost a call for each access.
    @exclusivity(unchecked)
    @usableFromInline var chunks: [UnsafeMutablePointer<Element>] = unsafe []
    /// Each slot's generation, with ``vacantBit`` where no element is in it.
    @exclusivity(unchecked)
    @usableFromInline var generations: [UInt32] = []
    @usableFromInline var vacant: [UInt32] = []
    /// How many elements there are.
    package var count: Int { occupiedCount }
    @usableFromInline var occupiedCount = 0

    package init() {}

    /// How many slots there are, vacant ones included: the bound of all indices.
    package var slotCount: Int { unsafe generations.count }

    deinit {
        for key in keys { unsafe slot(Int(key.index)).deinitialize(count: 1) }
        unsafe chunks.forEach { unsafe $0.deallocate() }
    }

    @inlinable
    @inline(__always)
    func slot(_ index: Int) -> UnsafeMutablePointer<Element> {
        unsafe chunks[index >> Self.chunkBitCount] + (index & (Self.chunkSize - 1))
    }

    /// Puts an element into a vacant slot.
    @inlinable
    package func insert(_ element: consuming Element) -> Key {
        let index = vacant.popLast() ?? appendChunk()
        unsafe generations[Int(index)] &= ~Self.vacantBit
        unsafe slot(Int(index)).initialize(to: element)
        occupiedCount += 1
        return Key(index: index, generation: unsafe generations[Int(index)])
    }

    @usableFromInline
    func appendChunk() -> UInt32 {
        let first = UInt32(slotCount)
        unsafe chunks.append(.allocate(capacity: Self.chunkSize))
        unsafe generations.append(
            contentsOf: repeatElement(Self.vacantBit, count: Self.chunkSize)
        )
        vacant.append(contentsOf: (first + 1..<first + UInt32(Self.chunkSize)).reversed())
        return first
    }

    /// Takes an element out; its key, and every copy of it, names nothing from now on.
    @inlinable
    package func remove(_ key: Key) -> Element? {
        guard contains(key) else { return nil }
        let index = Int(key.index)
        unsafe generations[index] = ((key.generation &+ 1) & (1 << 30 - 1)) | Self.vacantBit
        vacant.append(key.index)
        occupiedCount -= 1
        return unsafe slot(index).move()
    }

    /// Whether `key` names an element that is still there.
    @inlinable
    @inline(__always)
    package func contains(_ key: Key) -> Bool {
        unsafe Int(key.index) < generations.count && generations[Int(key.index)] == key.generation
    }

    /// The key of the element in slot `index`; `nil` where none is.
    @inlinable
    package func key(at index: UInt32) -> Key? {
        guard unsafe Int(index) < generations.count,
            unsafe generations[Int(index)] & Self.vacantBit == 0
        else { return nil }
        return Key(index: index, generation: unsafe generations[Int(index)])
    }

    /// The element that `key` names, which must be there.
    ///
    /// By addresses, as `UnsafeMutablePointer.pointee` is: a part of an element is used where it lies.
    /// An accessor that yields would copy it first, with all that it retains.
    @inlinable
    package subscript(key: Key) -> Element {
        @inline(__always)
        unsafeAddress {
            precondition(contains(key))
            return unsafe UnsafePointer(slot(Int(key.index)))
        }
        @inline(__always)
        unsafeMutableAddress {
            precondition(contains(key))
            return unsafe slot(Int(key.index))
        }
    }

    /// The keys of all elements, in the order of their slots.
    package var keys: [Key] {
        (0..<slotCount).compactMap { key(at: UInt32($0)) }
    }
}
