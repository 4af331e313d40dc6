import HTTPProtocol

/// Reads the head in `text`, in pieces of `pieceByteCount` bytes.
func requestHead(
    _ text: String,
    pieceByteCount: Int = .max
) throws(HTTPSyntaxError) -> (head: HTTPRequestHead, byteCount: Int)? {
    var reader = HTTPRequestReader()
    return try inPieces(text, pieceByteCount) { (bytes) throws(HTTPSyntaxError) in
        try reader.receive(bytes)
    }
}

func answerHead(
    _ text: String,
    pieceByteCount: Int = .max
) throws(HTTPSyntaxError) -> (head: HTTPAnswerHead, byteCount: Int)? {
    var reader = HTTPAnswerReader()
    return try inPieces(text, pieceByteCount) { (bytes) throws(HTTPSyntaxError) in
        try reader.receive(bytes)
    }
}

/// - Returns: the head, and where it ends in `text`.
private func inPieces<Head>(
    _ text: String,
    _ pieceByteCount: Int,
    _ receive: (Span<UInt8>) throws(HTTPSyntaxError) -> (head: Head, consumed: Int)?
) throws(HTTPSyntaxError) -> (head: Head, byteCount: Int)? {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
        let end = start + min(pieceByteCount, bytes.count - start)
        if let (head, consumed) = try receive(bytes.span.extracting(start..<end)) {
            return (head, start + consumed)
        }
        start = end
    }
    return nil
}
