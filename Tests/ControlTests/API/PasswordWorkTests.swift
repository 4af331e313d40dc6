import Addresses
import Credentials
import Synchronization
import Testing

@testable import Control

@Suite("Whose password is hashed when", .timeLimit(.minutes(2)))
struct PasswordWorkTests {
    private static let password = "correct horse battery"

    @Test("Clients from known places have two of three turns, as long as others wait")
    func lanes() {
        let order = Mutex<[String]>([])
        var turns = PasswordTurns(limit: 8)
        for index in UInt8(0)..<6 {
            let lane: PasswordTurns.Lane = index < 4 ? .known : .unknown
            let source = IPAddress.v4(IPv4Address(192, 0, 2, index))
            let job: WaitingWork.Job = { order.withLock { $0.append("\(lane) \(index)") } }
            let isAdmitted = turns.append(job, of: source, lane)
            #expect(isAdmitted)
        }
        while let job = turns.takeNext() { job() }
        #expect(
            order.withLock { $0 } == [
                "known 0", "known 1", "unknown 4", "known 2", "known 3", "unknown 5",
            ]
        )
    }

    @Test("More attempts than can be hashed are refused at once, in bounded memory")
    func busy() async throws {
        let work = PasswordWork(StoredGateway.cheap, concurrency: 1, waitingLimit: 4)
        let password = try #require(Password(typed: Self.password))
        let hash = PasswordHash(password, StoredGateway.cheap)
        let source = IPAddress.v4(IPv4Address(203, 0, 113, 7))
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2_000 {
                group.addTask {
                    // `try?`: it throws if there is no room.
                    (try? await work.compare(password, with: hash, from: source, .unknown)) == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused < 2_000)
        // Known clients have a lane of their own.
        let known = try await work.compare(password, with: hash, from: source, .known)
        #expect(known.isRight && known.renewed == nil)
    }

    @Test("Sources take turns, and none has more than four attempts waiting")
    func turns() {
        let (attacker, owner) = (
            IPAddress.v4(IPv4Address(203, 0, 113, 7)), IPAddress.v4(IPv4Address(198, 51, 100, 9))
        )
        let order = Mutex<[String]>([])
        var waiting = WaitingWork(limit: 6)
        func append(_ name: String, _ source: IPAddress) -> Bool {
            waiting.append({ order.withLock { $0.append(name) } }, of: source)
        }
        var admitted = (0..<6).map { append("attacker \($0)", attacker) }
        #expect(admitted == [true, true, true, true, false, false])
        admitted = [append("owner", owner), append("owner again", owner), append("other", owner)]
        #expect(admitted == [true, true, false])
        while let job = waiting.takeNext() { job() }
        #expect(
            order.withLock { $0 } == [
                "attacker 0", "owner", "attacker 1", "owner again", "attacker 2", "attacker 3",
            ]
        )
    }
}

@Suite("Failures in a row")
struct FailureSeriesTests {
    @Test("The tenth is worth a word, then tenfold each time; a pause or a success begins again")
    func steps() {
        var series = FailureSeries()
        let told = (1...1_000).compactMap { _ in series.record(of: "a", at: 0) }
        #expect(told == [10, 100, 1_000])
        series.end(of: "a")
        #expect((1...9).allSatisfy { _ in series.record(of: "a", at: 1) == nil })
        #expect(series.record(of: "a", at: 901) == nil)
        #expect((2...10).compactMap { _ in series.record(of: "a", at: 902) } == [10])
    }

    @Test("A flood of accounts takes no more room, and the newest series are kept")
    func bounded() {
        var series = FailureSeries()
        for account in 0..<25_000 {
            _ = series.record(of: "\(account)", at: Double(account) / 1_000)
            #expect(series.count <= 10_000)
        }
        let told = (2...10).compactMap { _ in series.record(of: "24999", at: 25) }
        #expect(told == [10])
    }
}
