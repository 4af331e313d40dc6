/// Elements in a few large pieces of memory, addressed by index and generation.
///
/// An element's generation changes when it is removed: a key that is still held finds nothing,
/// rather than the slot's next tenant. Indices are dense and are reused, latest first, so that the
/// memory in use stays warm. Elements never move.
///
/// Not to be shared between threads. While an element is being changed through the subscript, the
/// table may be used for others, but not for the same one.
///
/// - Complexity: O(1) for every operation.
@safe public final class SlotTable<Element> {
    /// Names one element.
    public struct Key: Hashable, Sendable {
        public let index: UInt32
        /// Below 2^30.
        public let generation: UInt32

        @inlinable
        public init(index: UInt32, generation: UInt32) {
            self.index = index
            self.generation = generation
        }
    }

    @inlinable static var chunkBitCount: Int { 8 }
    @inlinable static var chunkSize: Int { 1 << chunkBitCount }
    @inlinable static var vacantBit: UInt32 { 1 << 31 }

    // Exclusivity is the caller's (see above): to have it checked at run time, for a class that
    // other modules use, would cost a call for each access.
    @exclusivity(unchecked)
    @usableFromInline var chunks: [UnsafeMutablePointer<Element>] = unsafe []
    /// Each slot's generation, with ``vacantBit`` if it has no element.
    @exclusivity(unchecked)
    @usableFromInline var generations: [UInt32] = []
    @usableFromInline var vacant: [UInt32] = []
    /// How many elements there are.
    public var count: Int { occupiedCount }
    @usableFromInline var occupiedCount = 0

    public init() {}

    /// How many slots there are, vacant ones included: the bound of all indices.
    public var slotCount: Int { unsafe generations.count }

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
    public func insert(_ element: consuming Element) -> Key {
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

    /// Removes an element; its key, and every copy of it, refers to nothing from now on.
    @inlinable
    public func remove(_ key: Key) -> Element? {
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
    public func contains(_ key: Key) -> Bool {
        unsafe Int(key.index) < generations.count && generations[Int(key.index)] == key.generation
    }

    /// The key of the element in slot `index`; `nil` if there is none.
    @inlinable
    public func key(at index: UInt32) -> Key? {
        guard unsafe Int(index) < generations.count,
            unsafe generations[Int(index)] & Self.vacantBit == 0
        else { return nil }
        return Key(index: index, generation: unsafe generations[Int(index)])
    }

    /// The element for `key`, which must exist.
    ///
    /// By address, like `UnsafeMutablePointer.pointee`: a part of an element is accessed in place.
    /// An accessor that yields would copy it first, with everything that it retains.
    @inlinable
    public subscript(key: Key) -> Element {
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
    public var keys: [Key] {
        (0..<slotCount).compactMap { key(at: UInt32($0)) }
    }
}
