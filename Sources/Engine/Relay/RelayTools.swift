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
    /// Reads of what nobody wants, before the shard's other connections get their turn.
    static let turnLimit = 16
    /// Bytes that a direction moves at an event before it must queue for its turns: what a read
    /// brings.
    var eventByteCount: Int { scratch.byteCount }
    /// Bytes that a direction moves before the shard looks for events: whoever has little to say
    /// waits for no more than that.
    let pieceByteCount: Int
    /// Bytes that a direction moves before other directions that stream have their turn. In many
    /// small turns each piece would wake another reader.
    let turnByteCount: Int
    /// Pipes that are filled in a piece: each look for events costs, and each stream that is served
    /// sooner wakes its reader for less.
    private static let pipesPerPiece = 4
    private static let piecesPerTurn = 4

    init(scratchByteCount: Int, pipeByteCount: Int) {
        scratch = ScratchBuffer(byteCount: scratchByteCount)
        self.pipeByteCount = pipeByteCount
        pieceByteCount = max(scratchByteCount, pipeByteCount) * Self.pipesPerPiece
        turnByteCount = pieceByteCount * Self.piecesPerTurn
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
