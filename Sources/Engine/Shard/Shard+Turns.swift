import Sockets

/// Whose turn it is among the connections that have more to do than an event allows.
extension Shard {
    /// An empty piece takes time too.
    private static let leastPieceByteCount = 4_096

    /// Lets queued connections move a piece's bytes, all together; then events that have arrived
    /// meanwhile go first.
    func takeTurns() {
        var rest = tools.pieceByteCount
        while rest > 0, let key = turn?.key ?? runQueue.popFirst() {
            guard connections.contains(key) else {
                turn = nil
                continue
            }
            rest -= max(moveOn(key), Self.leastPieceByteCount)
        }
    }

    /// Moves a piece of the connection's turn, which is its own until it is over.
    ///
    /// - Returns: how many bytes were read, or would have been in that time.
    private func moveOn(_ key: Key) -> Int {
        let rest = turn?.rest ?? tools.turnByteCount
        turn = nil
        connections[key].wantsTurn = false
        let before = connections[key].tunnel.byteCount
        takeTurn(of: key, limit: tools.pieceByteCount)
        guard connections.contains(key) else { return 0 }
        let moved = Int(connections[key].tunnel.byteCount - before)
        // One that is not done has used its piece up, if only by tiny records of TLS.
        let count = connections[key].wantsTurn ? max(moved, tools.pieceByteCount) : moved
        if connections[key].wantsTurn, count < rest {
            turn = (key, rest - count)
        } else {
            connections[key].isQueued = false
            if connections[key].wantsTurn { queueTurn(of: key) }
        }
        return count
    }
}
