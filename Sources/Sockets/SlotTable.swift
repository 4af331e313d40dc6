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

    @usableFromInline static var chunkBitCount: Int { 8 }
    @usableFromInline static var chunkSize: Int { 1 << chunkBitCount }
    @usableFromInline static var vacantBit: UInt32 { 1 << 31 }

    @usableFromInline var chunks: [UnsafeMutablePointer<Element>] = unsafe []
    /// Each slot's generation, with ``vacantBit`` where no element is in it.
    @usableFromInline var generations: [UInt32] = []
    @usableFromInline var vacant: [UInt32] = []
    /// How many elements there are.
    public private(set) var count = 0

    public init() {}

    /// How many slots there are, vacant ones included: the bound of all indices.
    public var slotCount: Int { generations.count }

    deinit {
        for index in generations.indices where generations[index] & Self.vacantBit == 0 {
            unsafe slot(index).deinitialize(count: 1)
        }
        unsafe chunks.forEach { unsafe $0.deallocate() }
    }

    @inlinable
    @inline(__always)
    func slot(_ index: Int) -> UnsafeMutablePointer<Element> {
        unsafe chunks[index >> Self.chunkBitCount] + (index & (Self.chunkSize - 1))
    }

    /// Puts an element into a vacant slot.
    public func insert(_ element: Element) -> Key {
        let index = vacant.popLast() ?? appendChunk()
        generations[Int(index)] &= ~Self.vacantBit
        unsafe slot(Int(index)).initialize(to: element)
        count += 1
        return Key(index: index, generation: generations[Int(index)])
    }

    private func appendChunk() -> UInt32 {
        let first = UInt32(generations.count)
        unsafe chunks.append(.allocate(capacity: Self.chunkSize))
        generations.append(
            contentsOf: repeatElement(Self.vacantBit, count: Self.chunkSize)
        )
        vacant.append(contentsOf: (first + 1..<first + UInt32(Self.chunkSize)).reversed())
        return first
    }

    /// Takes an element out; its key, and every copy of it, names nothing from now on.
    public func remove(_ key: Key) -> Element? {
        guard contains(key) else { return nil }
        let index = Int(key.index)
        generations[index] = ((key.generation &+ 1) & (1 << 30 - 1)) | Self.vacantBit
        vacant.append(key.index)
        count -= 1
        return unsafe slot(index).move()
    }

    /// Whether `key` names an element that is still there.
    @inlinable
    @inline(__always)
    public func contains(_ key: Key) -> Bool {
        Int(key.index) < generations.count && generations[Int(key.index)] == key.generation
    }

    /// The key of the element in slot `index`; `nil` where none is.
    @inlinable
    public func key(at index: UInt32) -> Key? {
        guard Int(index) < generations.count, generations[Int(index)] & Self.vacantBit == 0
        else { return nil }
        return Key(index: index, generation: generations[Int(index)])
    }

    /// The element that `key` names, which must be there.
    ///
    /// Always inlined: an accessor that is called takes a heap allocation for its coroutine.
    @inlinable
    public subscript(key: Key) -> Element {
        @inline(__always)
        _read {
            precondition(contains(key))
            yield unsafe slot(Int(key.index)).pointee
        }
        @inline(__always)
        _modify {
            precondition(contains(key))
            yield unsafe &slot(Int(key.index)).pointee
        }
    }

    /// The keys of all elements, in the order of their slots.
    public var keys: [Key] {
        generations.indices.compactMap { key(at: UInt32($0)) }
    }
}
