import Sockets

/// What all of a shard's connections share for moving bytes.
final class RelayTools {
    /// Where a read lands before it is written on.
    let scratch: ScratchBuffer
    private let pipeByteCount: Int
    private var idlePipes: [Pipe] = []
    private var pipesInUse = 0

    /// A pipe takes two descriptors and up to a mebibyte: more directions than this copy.
    static let pipeLimit = 128
    /// Pipes kept for the next direction.
    static let idlePipeLimit = 16
    /// System calls that one direction makes before the shard's other connections get their turn.
    static let turnLimit = 16

    init(scratchByteCount: Int, pipeByteCount: Int) {
        scratch = ScratchBuffer(byteCount: scratchByteCount)
        self.pipeByteCount = pipeByteCount
    }

    /// A pipe that is empty; `nil` where there are enough, or the system grants none.
    func takePipe() -> Pipe? {
        guard pipesInUse < Self.pipeLimit else { return nil }
        // Without a pipe the direction copies, which is slower and otherwise the same.
        guard let pipe = idlePipes.popLast() ?? (try? Pipe(byteCount: pipeByteCount))
        else { return nil }
        pipesInUse += 1
        return pipe
    }

    /// Takes a pipe back; one that still holds bytes is closed with them.
    func giveBack(_ pipe: Pipe) {
        pipesInUse -= 1
        if pipe.heldByteCount == 0, idlePipes.count < Self.idlePipeLimit {
            idlePipes.append(pipe)
        }
    }
}
