import Foundation
import HTTPProtocol
import SeededRandom
import Testing

/// Requests, answers and chunked bodies, changed and cut; `FUZZ_COUNT` sets how many of each.
///
///     FUZZ_COUNT=100000000 swift test -c release --filter HTTPFuzzTests
@Suite("HTTP in any bytes")
struct HTTPFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 20_000

    /// What came of some bytes.
    private enum Outcome<Value: Equatable>: Equatable {
        case incomplete
        case complete(Value, byteCount: Int)
        case malformed(HTTPSyntaxError)

        var isComplete: Bool {
            if case .complete = self { true } else { false }
        }
    }

    /// - Parameter violation: what is wrong with how an input is read, and whether it was accepted.
    private func fuzz(
        _ samples: [[UInt8]],
        _ violation: (_ input: [UInt8], _ cuts: [Int]) -> (String?, isAccepted: Bool)
    ) {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        var acceptedCount = 0
        for index in 0..<Self.count {
            let input = Mutation.mutated(samples[index % samples.count], &generator)
            let first = Int.random(in: 0...input.count, using: &generator)
            let second = Int.random(in: first...input.count, using: &generator)
            let (violation, isAccepted) = violation(input, [0, first, second, input.count])
            if isAccepted { acceptedCount += 1 }
            guard let violation else { continue }
            let text = String(decoding: input, as: UTF8.self).debugDescription
            Issue.record("seed \(seed), input \(index): \(violation): \(text)")
            return
        }
        // Otherwise most of the code has not been reached.
        #expect(acceptedCount > Self.count / 10)
    }

    private func outcome<Value>(
        _ input: [UInt8],
        _ cuts: [Int],
        _ receive: (Span<UInt8>) throws(HTTPSyntaxError) -> (value: Value, consumed: Int)?
    ) -> Outcome<Value> {
        for (start, end) in zip(cuts, cuts.dropFirst()) {
            do throws(HTTPSyntaxError) {
                let piece = input.span.extracting(start..<end)
                guard let (value, consumed) = try receive(piece) else { continue }
                return .complete(value, byteCount: start + consumed)
            } catch {
                return .malformed(error)
            }
        }
        return .incomplete
    }

    private func request(_ input: [UInt8], _ cuts: [Int]) -> Outcome<HTTPRequestHead> {
        var reader = HTTPRequestReader()
        return outcome(input, cuts) { (bytes) throws(HTTPSyntaxError) in
            try reader.receive(bytes).map { ($0.head, $0.consumed) }
        }
    }

    private func answer(_ input: [UInt8], _ cuts: [Int]) -> Outcome<HTTPAnswerHead> {
        var reader = HTTPAnswerReader()
        return outcome(input, cuts) { (bytes) throws(HTTPSyntaxError) in
            try reader.receive(bytes).map { ($0.head, $0.consumed) }
        }
    }

    @Test("A request's head is the same however it is cut, has one meaning, and survives editing")
    func requests() {
        fuzz(Samples.requests) { input, cuts in
            let whole = request(input, [0, input.count])
            let cut = request(input, cuts)
            guard cut == whole else { return ("\(cut), not \(whole), cut at \(cuts)", false) }
            guard case .complete(let head, let byteCount) = whole else { return (nil, false) }
            return (violation(of: head, endingAt: byteCount, in: input), true)
        }
    }

    private func violation(
        of head: HTTPRequestHead,
        endingAt end: Int,
        in input: [UInt8]
    ) -> String? {
        let bytes = head.bytes
        guard input[..<end].elementsEqual(input[..<(end - bytes.count)] + bytes) else {
            return "other bytes"
        }
        if let violation = Golden.violation(of: bytes) { return violation }
        let fields = Golden.fields(of: bytes)
        guard fields["host", default: []].count <= 1 else { return "two hosts" }
        guard head.declaresLength == (Golden.lengthCount(fields) == 1) else { return "no length" }
        guard head.rewritten() == bytes else { return "rewritten unchanged, it is another" }
        let edited = head.rewritten(
            target: "/a b\r\n",
            removing: head.isHopByHop,
            adding: [("X-Forwarded-For", "10.0.0.1\r\nHost: b")]
        )
        guard case .complete(let again, edited.count) = request(edited, [0, edited.count]) else {
            return "malformed after editing"
        }
        guard again.body == head.body, again.target == "/a%20b%0D%0A",
            again.value(of: "host") == head.value(of: "host")
        else { return "another message after editing" }
        guard let host = head.host else { return nil }
        let isClean = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !(0x41...0x5a).contains($0) }
        return isClean && !host.isEmpty && host.utf8.count <= 255 ? nil : "the host \(host)"
    }

    @Test("An answer's head is the same however it is cut, and has one meaning")
    func answers() {
        fuzz(Samples.answers) { input, cuts in
            let whole = answer(input, [0, input.count])
            let cut = answer(input, cuts)
            guard cut == whole else { return ("\(cut), not \(whole), cut at \(cuts)", false) }
            guard case .complete(let head, let byteCount) = whole else { return (nil, false) }
            guard head.bytes == Array(input[..<byteCount]) else { return ("other bytes", true) }
            let edited = head.rewritten(adding: [("X-A", "b\r\n")])
            guard case .complete(let again, edited.count) = answer(edited, [0, edited.count]),
                again.body(answering: "GET") == head.body(answering: "GET")
            else { return ("another message after editing", true) }
            let isUnchanged = head.rewritten() == head.bytes
            let violation = isUnchanged ? nil : "rewritten unchanged, it is another"
            return (violation ?? Golden.violation(of: head.bytes), true)
        }
    }

    @Test("A chunked body ends at the same byte however it is cut, and where a simple decoder ends")
    func chunks() {
        fuzz(Samples.bodies) { input, cuts in
            let whole = body(input, [0, input.count], skips: false)
            for skips in [false, true] {
                let cut = body(input, cuts, skips: skips)
                guard cut == whole else { return ("\(cut), not \(whole), cut at \(cuts)", false) }
            }
            guard case .complete(_, let end) = whole else { return (nil, false) }
            let expected = Golden.end(ofChunks: input)
            return (end == expected ? nil : "ends at \(end), not \(expected ?? -1)", true)
        }
    }

    /// - Parameter skips: whether what need not be inspected is skipped.
    private func body(_ input: [UInt8], _ cuts: [Int], skips: Bool) -> Outcome<Bool> {
        var body = BodyLength.chunked
        return outcome(input, cuts) { (bytes) throws(HTTPSyntaxError) in
            var position = 0
            while position < bytes.count {
                let certain = skips ? min(body.certainByteCount, bytes.count - position) : 0
                if certain > 0 { body.skip(certain) }
                position += certain
                position += try body.receive(bytes.extracting(position..<bytes.count))
                if body.isComplete { return (true, position) }
            }
            return nil
        }
    }
}
