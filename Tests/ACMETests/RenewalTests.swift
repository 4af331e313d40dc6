import Settings
import Testing
import Time

@testable import ACME

@Suite("When a certificate is renewed")
struct RenewalTests {
    private static let day: Int64 = 86_400
    private static let start = UnixTime(seconds: 1_800_000_000)
    private static let problem = ACMEProblem(type: "rateLimited", detail: "")
    private let schedule = RenewalSchedule()
    private let wanted = ACMESettings.Certificate(names: ["a.example"], challenge: .http)

    private func settings(_ directory: String = "https://a.example/d") throws -> ACMESettings {
        ACMESettings(directory: try #require(WebURL(directory)), certificates: [wanted])
    }

    private static func after(_ seconds: Int64) -> UnixTime {
        UnixTime(seconds: start.seconds + seconds)
    }

    /// With a certificate of 90 days from the start.
    private func record(_ settings: ACMESettings) -> CertificateRecord {
        var record = CertificateRecord(names: ["a.example"])
        record.current = .init(
            generation: 1,
            origin: .init(settings),
            notBefore: Self.start,
            expiresAt: Self.after(90 * Self.day),
            renewAt: Self.after(60 * Self.day),
            fingerprint: "SHA256:AB"
        )
        return record
    }

    @Test("A third of its life is left, or up to a thirtieth more")
    func renewal() {
        let end = Self.after(90 * Self.day)
        for (random, days) in [(0, 60), (0.5, 58.5), (1, 57), (9, 57), (-1, 60)] {
            let time = schedule.renewal(from: Self.start, to: end, random: random)
            #expect(time == Self.after(Int64(days * Double(Self.day))))
        }
        #expect(schedule.renewal(from: end, to: Self.start, random: 1) == Self.start)
    }

    @Test("Each failure doubles the pause, from two minutes to six hours, and a quarter is random")
    func retries() {
        let error = ACMEError.unreachable("x")
        let pauses = (1...10).map { failures in
            schedule.retry(after: error, failures: failures, at: Self.start, random: 0).seconds
                - Self.start.seconds
        }
        #expect(pauses == [120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 21_600, 21_600])
        let random = schedule.retry(after: error, failures: 1, at: Self.start, random: 1)
        #expect(random == Self.after(150))
        let many = schedule.retry(after: error, failures: .max, at: Self.start, random: 0)
        #expect(many == Self.after(21_600))
    }

    @Test("The authority's time counts if it is later; without one, a rate limit takes an hour")
    func rateLimits() {
        func pause(_ error: ACMEError) -> Int64 {
            schedule.retry(after: error, failures: 1, at: Self.start, random: 0).seconds
                - Self.start.seconds
        }
        #expect(pause(.refused(Self.problem, retryAt: Self.after(7_200))) == 7_200)
        #expect(pause(.refused(Self.problem, retryAt: Self.after(5))) == 120)
        #expect(pause(.refused(Self.problem, retryAt: nil)) == 3_600)
        #expect(pause(.status(429, retryAt: nil)) == 3_600)
        #expect(pause(.status(503, retryAt: Self.after(300))) == 300)
    }

    @Test("Without a certificate one is ordered; with one it is used until it is renewed")
    func steps() throws {
        let settings = try settings()
        let none = CertificateRecord(names: ["a.example"])
        #expect(none.step(wanted, settings, at: Self.start) == .obtain(.missing))
        let record = record(settings)
        let renewal = Self.after(60 * Self.day)
        #expect(record.step(wanted, settings, at: Self.start) == .wait(until: renewal))
        #expect(record.step(wanted, settings, at: renewal) == .obtain(.ending))
        let expired = Self.after(100 * Self.day)
        #expect(record.step(wanted, settings, at: expired) == .obtain(.ending))
    }

    @Test("What another directory has issued, or has another type of key, is replaced at once")
    func changes() throws {
        var settings = try settings()
        let record = record(settings)
        settings.keyType = .rsa2048
        #expect(record.step(wanted, settings, at: Self.start) == .obtain(.otherKeyType))
        let other = try self.settings("https://b.example/d")
        #expect(record.step(wanted, other, at: Self.start) == .obtain(.otherDirectory))
    }

    @Test("After a failure the next attempt waits, unless the configuration has changed")
    func failures() throws {
        let settings = try settings()
        var record = CertificateRecord(names: ["a.example"])
        record.fail(.redirected, wanted, settings, schedule, at: Self.start, random: 0)
        let next = Self.after(120)
        #expect(record.failure?.count == 1 && record.failure?.nextAttemptAt == next)
        #expect(record.step(wanted, settings, at: Self.start) == .wait(until: next))
        #expect(record.step(wanted, settings, at: next) == .obtain(.missing))
        let dns = ACMESettings.Certificate(names: ["a.example"], challenge: .dns)
        #expect(record.step(dns, settings, at: Self.start) == .obtain(.missing))
        let other = try self.settings("https://b.example/d")
        #expect(record.step(wanted, other, at: Self.start) == .obtain(.missing))
        var trusting = settings
        trusting.authorityFile = "ca.pem"
        #expect(record.step(wanted, trusting, at: Self.start) == .obtain(.missing))
        // A clock that was years ahead.
        let past = UnixTime(seconds: Self.start.seconds - 1_000 * Self.day)
        #expect(record.step(wanted, settings, at: past) == .obtain(.missing))
    }

    @Test("An order goes on after a failure of the network, and not after one of its own")
    func orders() throws {
        let settings = try settings()
        for (error, isKept) in [
            (ACMEError.unreachable("x"), true), (.cancelled, true), (.tooLarge, true),
            (.refused(Self.problem, retryAt: nil), true), (.orderFailed(nil), false),
            (.notAuthorized(name: "a", status: "invalid", nil), false), (.unusable("x"), false),
            (.refused(ACMEProblem(type: "badCSR", detail: ""), retryAt: nil), false),
        ] {
            var record = CertificateRecord(names: ["a.example"])
            var pending = record.begin(settings)
            pending.order = "https://a.example/order/1"
            record.pending = pending
            record.fail(error, wanted, settings, schedule, at: Self.start, random: 0)
            #expect((record.pendingOrder(settings)?.order != nil) == isKept, "\(error)")
            // Its key is used again.
            #expect(record.pendingOrder(settings)?.generation == 1)
        }
    }

    @Test(
        "Retry-After is seconds or a date, and a day at most",
        arguments: [
            ("0", 0), ("120", 120), (" 7\t", 7), ("999999999", 86_400),
            ("Fri, 15 Jan 2027 08:01:00 GMT", 60), ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
            ("Fri, 15 Jan 2100 07:00:00 GMT", 86_400),
            ("", nil), ("-1", nil), ("1.5", nil), ("99999999999999999999", nil), ("soon", nil),
            ("Fri, 15 Foo 2027 08:00:00 GMT", nil), ("Fri, 32 Jan 2027 08:00:00 GMT", nil),
            ("Fri, 15 Jan 2027 08:00:00 CET", nil), ("١٢", nil),
        ] as [(String, Int64?)]
    )
    func retryAfter(field: String, seconds: Int64?) {
        #expect(RetryAfter.time(field, at: Self.start) == seconds.map { Self.after($0) })
    }

    @Test("Polls become rarer, follow the authority's wish within bounds, and end")
    func polls() {
        var polls = PollSchedule()
        let first = (0..<6).map { _ in polls.pause(wish: nil) }
        #expect(
            first == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8),
                .seconds(10),
            ]
        )
        #expect(polls.pause(wish: .seconds(3)) == .seconds(3))
        #expect(polls.pause(wish: .seconds(3_600)) == .seconds(60))
        #expect(polls.pause(wish: .zero) == .milliseconds(500))
        var count = 0
        while polls.pause(wish: .seconds(60)) != nil { count += 1 }
        #expect(count == 9)
    }

    @Test("A failure has a remedy, if one is known to help")
    func remedies() throws {
        func remedy(_ type: String) -> String? {
            let problem = ACMEProblem(type: type, detail: "")
            return ACMEError.notAuthorized(name: "a.example", status: "invalid", problem).remedy
        }
        #expect(remedy("connection")?.contains("a.example is in the DNS") == true)
        #expect(remedy("dns")?.contains("delegated") == true)
        #expect(remedy("caa")?.contains("CAA") == true)
        #expect(remedy("serverInternal") == nil)
        #expect(ACMEError.refused(Self.problem, retryAt: nil).remedy?.contains("wait") == true)
        #expect(ACMEError.status(500, retryAt: nil).remedy == nil)
        let settings = try settings()
        var record = CertificateRecord(names: ["a.example"])
        record.fail(
            .cannotPublish("x"),
            wanted,
            settings,
            schedule,
            at: Self.start,
            random: 0
        )
        #expect(record.failure?.remedy?.contains("dns-01") == true)
    }
}
