import Addresses
import Operations
import Policy
import Settings
import Testing
import Time

@Suite("What a person should hear of")
struct NoticeConditionTests {
    private static let now = UnixTime(seconds: 1_795_428_000)  // 2026-11-23T10:00:00Z
    private static let hour: Int64 = 3_600
    private static let day: Int64 = 86_400

    private static func after(_ seconds: Int64) -> UnixTime {
        UnixTime(seconds: now.seconds + seconds)
    }

    private func conditions(_ body: (inout NoticeFacts) -> Void) -> [NoticeCondition] {
        var facts = NoticeFacts()
        body(&facts)
        return facts.conditions(at: Self.now).sorted { $0.key < $1.key }
    }

    // MARK: - Endpoints

    private static func endpoint(_ id: String, _ state: Endpoint.State) -> EndpointStatus {
        EndpointStatus(
            Endpoint(id: id, cloud: .aws, state: state),
            of: Warehouse(id: "W1"),
            in: Topology(warehouses: []),
            activeConnections: 0
        )
    }

    private static func seen(_ id: String, last seconds: Int64) -> SeenEndpoint {
        var seen = SeenEndpoints()
        seen.record(
            EndpointName(.aws, id),
            of: "W1",
            client: .v4(IPv4Address(10, 0, 0, 1)),
            at: after(seconds)
        )
        return seen.all[0]
    }

    @Test("Endpoints that wait for somebody are: pending ones, unknown ones, outbound ones")
    func endpoints() {
        let found = conditions { facts in
            facts.endpoints = EndpointList(
                endpoints: [
                    Self.endpoint("vpce-1", .pendingAcceptance),
                    Self.endpoint("vpce-2", .available),
                    Self.endpoint("vpce-3", .rejected),
                ],
                unknown: [Self.seen("vpce-4", last: -10), Self.seen("vpce-5", last: -2 * Self.day)]
            )
            facts.outboundRequests = [.init(warehouse: "W2", name: "ledger", port: 15_000)]
        }
        #expect(
            found.map(\.key) == [
                "endpointPending W1 aws:vpce-1", "endpointPending W1 aws:vpce-4",
                "endpointPending W2 outbound ledger",
            ]
        )
        #expect(found.map(\.hasEnd) == [true, false, true])
    }

    @Test("Invented endpoints cannot make many notices")
    func inventedEndpoints() {
        let found = conditions { facts in
            facts.endpoints = EndpointList(
                endpoints: [],
                unknown: (0..<1_000).map { Self.seen("vpce-\($0)", last: -1) }
            )
        }
        #expect(found.count == 20)
    }

    // MARK: - Backends

    private static func listener(
        _ healths: [BackendStatus.Health],
        _ mode: BackendMode = .active,
        link: LinkKind = .public
    ) -> ListenerStatus {
        var listener = ListenerStatus()
        (listener.warehouse, listener.protocol, listener.link) = ("W1", .mysql, link)
        listener.address = "0.0.0.0:15000"
        listener.backends = healths.enumerated().map { index, health in
            var backend = BackendStatus()
            backend.name = "10.0.0.\(index + 1):9030"
            (backend.health, backend.mode) = (health, mode)
            backend.lastFailure = health == .healthy ? nil : "connection refused"
            return backend
        }
        return listener
    }

    @Test(
        "A backend that is down is a warning; a service without any is critical",
        arguments: [
            ([.healthy, .healthy], []), ([.notChecked], []),
            ([.healthy, .unhealthy], [.backendDown]),
            ([.healthy, .unresolved], [.backendDown]),
            ([.unhealthy, .notChecked], [.backendDown]),
            ([.unhealthy, .unresolved], [.backendDown, .backendDown, .serviceDown]),
        ] as [([BackendStatus.Health], [NoticeKind])]
    )
    func backends(healths: [BackendStatus.Health], kinds: [NoticeKind]) {
        let found = conditions { $0.status.listeners = [Self.listener(healths)] }
        #expect(found.map(\.kind) == kinds)
        #expect(found.allSatisfy { $0.patience == .seconds(30) })
        #expect(
            found.filter { $0.severity == .critical }.map(\.kind)
                == kinds.filter { $0 == .serviceDown }
        )
        for down in found where down.kind == .backendDown {
            #expect(down.sentence.contains("is down: connection refused"))
        }
    }

    @Test("A backend that lacks what clients are greeted with is a warning at each listener")
    func mismatches() {
        var listener = Self.listener([.healthy, .healthy])
        #expect(conditions { $0.status.listeners = [listener] } == [])
        listener.backends[1].shortcomings = ["lacks this (do that)", "is old (update it)"]
        var other = listener
        other.address = "127.0.0.1:3307"
        let found = conditions { $0.status.listeners = [listener, other] }
        #expect(found.map(\.kind) == [.backendMismatch, .backendMismatch])
        #expect(Set(found.map(\.key)).count == 2 && found.allSatisfy { $0.severity == .warning })
        #expect(found[0].sentence.contains("10.0.0.2:9030"))
        #expect(found[1].sentence.contains("127.0.0.1:3307"))
        #expect(found[0].sentence.hasSuffix("lacks this (do that); it is old (update it)."))
    }

    @Test("Redirect targets that cannot be learned are one notice for each service")
    func redirects() {
        var listener = Self.listener([.healthy])
        listener.protocol = .http
        listener.redirectLearning = RedirectLearningStatus(listener: nil, count: 2)
        #expect(conditions { $0.status.listeners = [listener] } == [])
        listener.redirectLearning?.failure = "fe-1:8030: no\nanswer"
        listener.redirectTargets = [BackendStatus(), BackendStatus()]
        var other = listener
        other.address = "127.0.0.1:8031"
        let shared = conditions { $0.status.listeners = [listener, other] }
        #expect(shared.map(\.kind) == [.redirectsUnknown])
        #expect(shared[0].severity == .warning && shared[0].patience == .seconds(30))
        #expect(shared[0].sentence.contains("no answer; the last list (2 servers) stays in use."))
        // Without any list, and without any other target, loads fail.
        listener.redirectLearning?.count = 0
        listener.redirectTargets = nil
        let bare = conditions { $0.status.listeners = [listener] }
        #expect(bare.map(\.severity) == [.critical])
        #expect(bare[0].sentence.hasSuffix("than the service's own backends are refused."))
        #expect(bare[0].key == shared[0].key)
        listener.backends = Self.listener([.unhealthy]).backends
        let down = conditions { $0.status.listeners = [listener] }
        #expect(Set(down.map(\.kind)) == [.backendDown, .serviceDown], "they cannot be asked")
    }

    @Test("Redirect targets of which none may be used are critical, once for each service")
    func unusableTargets() {
        var listener = Self.listener([.healthy])
        listener.protocol = .http
        var target = BackendStatus()
        target.name = "127.0.0.1:8040"
        target.health = .unresolved
        target.lastFailure = "127.0.0.1 is not used: it is a\nloopback address"
        listener.redirectTargets = [target, target]
        var other = listener
        other.address = "127.0.0.1:8031"
        let found = conditions { $0.status.listeners = [listener, other] }
        #expect(found.map(\.kind) == [.redirectsUnknown] && found[0].severity == .critical)
        #expect(found[0].sentence.hasSuffix(": 127.0.0.1 is not used: it is a loopback address."))
        listener.redirectTargets?[1].health = .notChecked
        #expect(conditions { $0.status.listeners = [listener] } == [])
    }

    @Test("A backend that an operator has taken out of service is expected to be down")
    func maintenance() {
        for mode in [BackendMode.drain, .maintenance] {
            #expect(conditions { $0.status.listeners = [Self.listener([.unhealthy], mode)] } == [])
        }
    }

    @Test("An outbound endpoint that is not accepted is pending, and not down as well")
    func pendingOutbound() {
        let listeners = [Self.listener([.unhealthy], link: .outbound)]
        let request = NoticeFacts.OutboundRequest(warehouse: "W1", name: "ledger", port: 15_000)
        let pending = conditions { facts in
            facts.status.listeners = listeners
            facts.outboundRequests = [request]
        }
        #expect(pending.map(\.kind) == [.endpointPending])
        #expect(conditions { $0.status.listeners = listeners }.count == 2)
    }

    // MARK: - Policy

    @Test(
        "A warehouse that admits half of the internet is open to the world",
        arguments: [
            (1, "every address"), (0.75, "75% of all addresses"), (0.5, "50% of all addresses"),
            (0.49, nil), (0, nil),
        ] as [(Double, String?)]
    )
    func openness(share: Double, words: String?) {
        let found = conditions { facts in
            facts.status.listeners = [Self.listener([])]
            facts.openness = [.init(warehouse: "W1", share: share)]
        }
        #expect(found.map(\.kind) == (words == nil ? [] : [.policyOpen]))
        if let words { #expect(found[0].sentence.contains(words)) }
    }

    @Test("A warehouse without a public listener is open to nobody, whatever its whitelist says")
    func privateOnly() {
        let found = conditions { facts in
            facts.status.listeners = [Self.listener([], link: .private)]
            facts.openness = [.init(warehouse: "W1", share: 1), .init(warehouse: "W2", share: 1)]
        }
        #expect(found == [])
    }

    @Test("A listener in shadow mode is open until it ends")
    func shadow() {
        let found = conditions { facts in
            facts.status.listeners = [Self.listener([])]
            facts.openness = [
                .init(
                    warehouse: "W1",
                    share: 0,
                    shadows: ["0.0.0.0:9030": Self.after(60), "0.0.0.0:9031": Self.after(-1)]
                )
            ]
        }
        #expect(found.map(\.key) == ["policyOpen W1 listener 0.0.0.0:9030"])
    }

    // MARK: - Expiries

    @Test(
        "An expiry is heard of a week before, a day before, and after; not by who just set it",
        arguments: [
            (20 * day, nil, nil), (6 * day, nil, .week), (day, nil, .day), (60, nil, .day),
            (0, nil, .expired), (-hour, nil, .expired), (-30 * hour, nil, nil),
            // Set in the middle of the week before; within the day before.
            (6 * day, -hour, nil), (hour, -3 * day, .day), (hour, -10 * day, .day),
            (hour, -hour, nil), (-hour, -2 * hour, nil), (-hour, -2 * day, .expired),
        ] as [(Int64, Int64?, ExpiryStage?)]
    )
    func stages(rest: Int64, set: Int64?, stage: ExpiryStage?) {
        let found = ExpiryStage(
            of: Self.after(rest),
            since: set.map { Self.after($0) },
            at: Self.now
        )
        #expect(found == stage)
    }

    @Test("All entries of a warehouse that expire on one day are one notice, with their number")
    func manyEntries() {
        let found = conditions { facts in
            facts.entries = (0..<300).map { index in
                .init(
                    warehouse: "W1",
                    name: "10.0.0.\(index)",
                    expiresAt: Self.after(3 * Self.day + Int64(index) * 60)
                )
            }
            facts.entries.append(.init(warehouse: "W2", name: "::1", expiresAt: Self.after(60)))
        }
        #expect(
            found.map(\.key) == ["entryExpiring W1 2026-11-26", "entryExpiring W2 2026-11-23"]
        )
        #expect(found.map(\.count) == [300, 1])
        #expect(found.map(\.severity) == [.info, .warning])
        #expect(
            found[0].sentence
                == "300 entries of the warehouse W1 expire on 2026-11-26, the first at"
                + " 2026-11-26T10:00:00Z: 10.0.0.0, 10.0.0.1, 10.0.0.2 and 297 more."
        )
        #expect(
            found[1].sentence
                == "The entry of the warehouse W2 expires at 2026-11-23T10:01:00Z: ::1."
        )
    }

    @Test("What comes up over a day comes up at once, so that it is heard of once")
    func sameDay() {
        let midnight = Self.now.seconds / Self.day * Self.day
        let entries = (0..<24).map { hour in
            NoticeFacts.Expiring(
                warehouse: "W1",
                name: "entry \(hour)",
                expiresAt: UnixTime(seconds: midnight + 10 * Self.day + Int64(hour) * Self.hour)
            )
        }
        var board = NoticeBoard()
        var events: [NoticeChange.Event] = []
        for hour in 0..<(13 * 24) as Range<Int64> {
            var facts = NoticeFacts()
            facts.entries = entries
            let now = UnixTime(seconds: midnight + hour * Self.hour)
            let found = facts.conditions(at: now).filter { $0.kind == .entryExpiring }
            let changes = board.look(found, at: now, elapsed: .seconds(hour * Self.hour))
            events += changes.map(\.event)
        }
        #expect(events == [.raised, .changed])
    }

    @Test("A name in a sentence cannot have characters that a terminal obeys")
    func hostileName() {
        let found = conditions { facts in
            facts.keys = [.init(name: "a\u{1b}[2J\u{202e}b", expiresAt: Self.after(60))]
        }
        #expect(found.count == 1)
        #expect(
            found[0].sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{202e}" }
        )
    }

    @Test(
        "A certificate is heard of two weeks before it expires, and is critical from three days on",
        arguments: [
            (nil, nil), (15 * day, nil), (13 * day, .warning), (2 * day, .critical),
            (-day, .critical),
        ] as [(Int64?, NoticeSeverity?)]
    )
    func certificate(rest: Int64?, severity: NoticeSeverity?) {
        let found = conditions { $0.certificateExpiry = rest.map { Self.after($0) } }
        #expect(found.map(\.severity) == (severity.map { [$0] } ?? []))
    }

    @Test("A certificate that cannot be obtained twice is heard of, and is critical near its end")
    func managedCertificates() {
        func found(_ failures: Int, _ state: ManagedCertificate.State, rest: Int64? = nil)
            -> [NoticeCondition]
        {
            conditions { facts in
                var certificate = ManagedCertificate(
                    names: ["a.example", "b.example"],
                    challenge: "http-01",
                    state: state,
                    failures: failures
                )
                certificate.expiresAt = rest.map { Self.after($0) }
                certificate.lastError = failures > 0 ? "the reason\u{1b}[2J" : nil
                facts.managedCertificates = [certificate]
            }
        }
        #expect(found(0, .valid, rest: 9 * Self.day) == [] && found(1, .failing) == [])
        let failing = found(2, .failing)
        #expect(failing.map(\.severity) == [.warning])
        #expect(
            failing.map(\.sentence) == [
                "The certificate for a.example cannot be obtained: the reason [2J."
            ]
        )
        #expect(failing.map(\.key) == ["certificateFailing certificate for a.example"])
        #expect(found(2, .renewalFailing, rest: 9 * Self.day).map(\.severity) == [.warning])
        #expect(found(2, .renewalFailing, rest: Self.day).map(\.severity) == [.critical])
        let expired = found(0, .expired, rest: -Self.day)
        #expect(expired.map(\.severity) == [.critical])
        #expect(expired.first?.sentence.contains("expired at") == true)
    }

    @Test("Changed certificate files that cannot be used are a warning")
    func certificateFiles() {
        let found = conditions { $0.certificateFilesFailure = "gw.key: the reason" }
        #expect(found.map(\.key) == ["certificateFailing certificate files"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.sentence.contains("gw.key: the reason.") == true)
    }

    // MARK: - The gateway

    @Test("A series of failed logins stands for an hour, and grows")
    func logins() {
        let found = conditions { facts in
            facts.failedLogins = [
                .init(account: "anna", count: 10, source: "192.0.2.1", at: Self.after(-600)),
                .init(account: "anna", count: 100, source: "192.0.2.2", at: Self.after(-60)),
                .init(account: "bob", count: 10, source: "192.0.2.1", at: Self.after(-3_700)),
            ]
        }
        #expect(found.map(\.key) == ["loginFailures account anna"])
        #expect(found[0].count == 100 && found[0].severity == .critical)
        #expect(found[0].sentence.contains("192.0.2.2"))
    }

    @Test("Names that may not resolve are a warning, an update after five minutes of failures")
    func names() {
        var names = NameServiceStatus(domain: "gw.example", serial: 1, nameCount: 2)
        #expect(conditions { $0.names = names } == [])
        names.listenFailure = "cannot listen on 192.0.2.1:53"
        #expect(conditions { $0.names = names }.map(\.key) == ["namesFailing gw.example"])
        names.listenFailure = nil
        names.updates = .init(server: "192.0.2.53:53")
        names.updates?.failure = "it is away"
        names.updates?.failingSince = Self.after(-299)
        #expect(conditions { $0.names = names } == [])
        names.updates?.failingSince = Self.after(-300)
        let found = conditions { $0.names = names }
        #expect(found.first?.sentence.contains("192.0.2.53:53 has not been updated") == true)
    }

    @Test("A store that is lost, or cannot be written, is critical")
    func store() {
        let lost = conditions { $0.storeLoss = "sluice.db is missing" }
        #expect(lost.map(\.kind) == [.policyRestored])
        #expect(lost[0].sentence.contains("sluice.db is missing"))
        #expect(conditions { $0.isStoreFailing = true }.map(\.kind) == [.storeFailing])
    }
}
