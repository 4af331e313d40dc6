import Operations
import Testing
import Time

@Suite("The notices that stand")
struct NoticeBoardTests {
    private var board = NoticeBoard()
    private static let start: Int64 = 1_795_428_000

    private static func condition(
        _ kind: NoticeKind = .endpointPending,
        _ severity: NoticeSeverity = .warning,
        of warehouse: String? = "W1",
        _ subject: String = "aws:vpce-1",
        count: Int = 1,
        patience: Duration = .zero,
        hasEnd: Bool = true
    ) -> NoticeCondition {
        var condition = NoticeCondition(
            kind,
            severity,
            of: warehouse,
            subject: subject,
            "It is so."
        )
        (condition.count, condition.patience, condition.hasEnd) = (count, patience, hasEnd)
        return condition
    }

    /// Looks after a number of seconds.
    private mutating func look(_ conditions: NoticeCondition..., at seconds: Int64)
        -> [NoticeChange]
    {
        board.look(
            conditions,
            at: UnixTime(seconds: Self.start + seconds),
            elapsed: .seconds(seconds)
        )
    }

    @Test("What is so at the first look stands; what comes later is raised, once, and ends once")
    mutating func life() throws {
        #expect(look(Self.condition(), at: 0).map(\.event) == [.standing])
        let other = Self.condition(of: "W2")
        #expect(look(Self.condition(), other, at: 5).map(\.event) == [.raised])
        #expect(look(Self.condition(), other, at: 10) == [])
        let ended = look(other, at: 15)
        #expect(ended.map(\.event) == [.ended] && ended.map(\.notice.warehouse) == ["W1"])
        #expect(ended.map(\.notice.endedAt) == [UnixTime(seconds: Self.start + 15)])
        #expect(look(other, at: 20) == [])
        #expect(board.list.standing.map(\.warehouse) == ["W2"])
        #expect(board.list.recent.map(\.key) == ended.map(\.notice.key))
        #expect(ended.allSatisfy { $0.notice.sentence.hasPrefix("Resolved: ") })
    }

    @Test("A notice keeps its id to its end; one that comes again has another, and the same key")
    mutating func identity() throws {
        let first = try #require(look(Self.condition(), at: 0).first?.notice)
        let end = try #require(look(at: 5).first?.notice)
        let again = try #require(look(Self.condition(), at: 10).first?.notice)
        #expect(first.id == end.id && first.id.count == 16)
        #expect(again.id != first.id && again.key == first.key)
        #expect(first.key == "endpointPending W1 aws:vpce-1")
    }

    @Test("What lasts for less than its patience is never heard of")
    mutating func patience() {
        let down = Self.condition(.backendDown, patience: .seconds(30))
        for seconds in [0, 10, 29] as [Int64] { #expect(look(down, at: seconds) == []) }
        #expect(look(at: 29) == [])
        // It begins again.
        for seconds in [31, 60] as [Int64] { #expect(look(down, at: seconds) == []) }
        #expect(look(down, at: 61).map(\.event) == [.raised])
        #expect(look(at: 62).map(\.event) == [.ended])
    }

    @Test("A notice that becomes more severe, or is about more, is heard of again; less is not")
    mutating func escalation() {
        _ = look(Self.condition(.entryExpiring, .info, count: 2), at: 0)
        #expect(look(Self.condition(.entryExpiring, .info, count: 1), at: 1) == [])
        let more = look(Self.condition(.entryExpiring, .info, count: 3), at: 2)
        #expect(more.map(\.event) == [.changed])
        let worse = look(Self.condition(.entryExpiring, .warning, count: 3), at: 3)
        #expect(worse.map(\.event) == [.changed] && worse.map(\.notice.severity) == [.warning])
        #expect(look(Self.condition(.entryExpiring, .info, count: 3), at: 4) == [])
        #expect(board.list.standing.map(\.severity) == [.info])
    }

    @Test("The end of what only time has ended is not news, but is listed")
    mutating func silentEnd() {
        _ = look(Self.condition(.entryExpired, hasEnd: false), at: 0)
        #expect(look(at: 5) == [])
        #expect(board.list.standing.isEmpty && board.list.recent.count == 1)
    }

    @Test("A flood is bounded, counted, and made up for when there is room")
    mutating func flood() {
        let conditions = (0..<1_200).map { Self.condition("endpoint \($0)") }
        let now = UnixTime(seconds: Self.start)
        let changes = board.look(conditions, at: now, elapsed: .zero)
        #expect(changes.count == NoticeBoard.standingLimit && board.omitted == 200)
        let rest = board.look(Array(conditions.suffix(700)), at: now, elapsed: .seconds(5))
        #expect(rest.count(where: { $0.event == .raised }) + board.standingCount >= 700)
        #expect(board.omitted == 0 && board.standingCount == 700)
        #expect(board.list.recent.count == 200)
    }

    @Test("The most severe come first, then the newest")
    mutating func order() {
        _ = look(Self.condition(.policyOpen, .warning), at: 0)
        _ = look(
            Self.condition(.policyOpen, .warning),
            Self.condition(.serviceDown, .critical),
            Self.condition(.entryExpiring, .info),
            Self.condition(.backendDown, .warning),
            at: 5
        )
        #expect(
            board.list.standing.map(\.kind)
                == [.serviceDown, .backendDown, .policyOpen, .entryExpiring]
        )
    }

    private static func condition(_ subject: String) -> NoticeCondition {
        condition(.endpointPending, .warning, of: "W1", subject)
    }
}
