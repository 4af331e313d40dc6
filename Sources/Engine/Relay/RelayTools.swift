import Sockets
import Traffic

/// What all of a shard's connections share for moving bytes.
final class RelayTools {
    /// Where a read is stored before it is written.
    let scratch: ScratchBuffer
    /// Made with the first TLS connection.
    private(set) lazy var tls = TLSBuffers(plainByteCount: scratch.byteCount)
    /// `nil` if the kernel is not to do the work of TLS.
    let kernelTLS: KernelOffload?
    /// Bytes that were moved unseen, by all connections so far.
    private(set) var splicedByteCount: UInt64 = 0
    private let pipeByteCount: Int
    /// Counts pipes; `nil` if descriptors do not matter.
    private let descriptors: DescriptorBudget?
    private let idlePipeLimit: Int
    private var idlePipes: [Pipe] = []
    private var pipesInUse = 0

    /// A pipe uses two descriptors and up to a mebibyte: beyond this number, directions copy.
    static let pipeLimit = 128
    /// Pipes kept for the next direction.
    static let mostIdlePipes = 16
    /// Reads of discarded data before the shard's other connections get their turn.
    static let turnLimit = 16
    /// Bytes that a direction moves at an event before it must queue for its turns: what a read
    /// brings.
    var eventByteCount: Int { scratch.byteCount }
    /// Bytes that a direction moves before the shard looks for events: small requests wait for no
    /// more than that.
    let pieceByteCount: Int
    /// Bytes that a direction moves before other directions that stream have their turn. In many
    /// small turns each piece would wake another reader.
    let turnByteCount: Int
    /// Pipes that are filled in a piece: each look for events costs, and each stream that is served
    /// sooner wakes its reader for less.
    private static let pipesPerPiece = 4
    private static let piecesPerTurn = 4

    /// - Parameter workerCount: among how many tools like these `descriptors` are shared.
    init(
        scratchByteCount: Int,
        pipeByteCount: Int,
        descriptors: DescriptorBudget? = nil,
        workerCount: Int = 1,
        kernelTLS: KernelOffload? = nil
    ) {
        self.kernelTLS = kernelTLS
        self.descriptors = descriptors
        idlePipeLimit = min(
            Self.mostIdlePipes,
            descriptors?.plan.idlePipes(ofEach: workerCount) ?? .max
        )
        scratch = ScratchBuffer(byteCount: scratchByteCount)
        self.pipeByteCount = pipeByteCount
        pieceByteCount = max(scratchByteCount, pipeByteCount) * Self.pipesPerPiece
        turnByteCount = pieceByteCount * Self.piecesPerTurn
    }

    func recordSpliced(_ byteCount: Int) {
        splicedByteCount &+= UInt64(byteCount)
    }

    /// An empty pipe; `nil` if there are enough, or no descriptor is left for one.
    func takePipe() -> Pipe? {
        guard pipesInUse < Self.pipeLimit else { return nil }
        // Without a pipe the direction copies, which is slower and otherwise the same.
        guard let pipe = idlePipes.popLast() ?? makePipe() else { return nil }
        pipesInUse += 1
        return pipe
    }

    private func makePipe() -> Pipe? {
        if let descriptors, descriptors.isUsedUp { return nil }
        // What the system refuses is not needed either.
        guard let pipe = try? Pipe(byteCount: pipeByteCount) else { return nil }
        descriptors?.take(DescriptorPlan.descriptorsPerPipe)
        return pipe
    }

    /// Returns a pipe to the pool; one that still holds bytes is closed with them, and so is one
    /// whose descriptors clients wait for.
    ///
    /// Not inlined: callers without a pipe would pay for the run-time check of `idlePipes`.
    @inline(never)
    func giveBack(_ pipe: Pipe) {
        pipesInUse -= 1
        let isScarce = descriptors?.isUsedUp ?? false
        if pipe.heldByteCount == 0, idlePipes.count < idlePipeLimit, !isScarce {
            idlePipes.append(pipe)
        } else {
            descriptors?.release(DescriptorPlan.descriptorsPerPipe)
        }
    }
}
