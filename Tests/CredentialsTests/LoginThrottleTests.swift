import Addresses
import Testing

@testable import Credentials

@Suite("How often a source may try to log in")
struct LoginThrottleTests {
    private let door = Door()
    private let attacker = IPAddress.v4(IPv4Address(203, 0, 113, 7))
    private let owner = IPAddress.v4(IPv4Address(198, 51, 100, 9))

    @Test("A source has ten failures, then one each six seconds; others are not affected")
    func source() {
        for _ in 0..<10 { #expect(door.wait(attacker, at: 0) == nil) }
        #expect(door.wait(attacker, at: 0) == 6)
        #expect(door.wait(attacker, at: 3) == 3)
        #expect(door.wait(owner, at: 3) == nil)
        #expect(door.wait(attacker, at: 6) == nil)
        #expect(door.wait(attacker, at: 6) == 6)
    }

    @Test("A right password costs nothing, however often it is used")
    func success() {
        for _ in 0..<1_000 {
            #expect(door.wait(owner, at: 0) == nil)
            door.throttle.giveBack(to: owner)
        }
    }

    @Test("A source has no more after a year than at the beginning")
    func burst() {
        _ = door.wait(attacker, at: 0)
        let admitted = (0..<100).count { _ in
            door.wait(attacker, at: 31_536_000) == nil
        }
        #expect(admitted == 10)
    }

    @Test("A network of 64 bits is one source, and an IPv4 address in IPv6's form is the same one")
    func networks() throws {
        for index in 0..<10 {
            let address = try IPAddress(parsing: "2001:db8::\(index)")
            #expect(door.wait(address, at: 0) == nil)
        }
        let neighbour = try IPAddress(parsing: "2001:db8::ffff:1")
        #expect(door.wait(neighbour, at: 0) != nil)
        #expect(door.wait(try IPAddress(parsing: "2001:db8:0:1::1")) == nil)
        for _ in 0..<10 { _ = door.wait(attacker, at: 0) }
        let mapped = try IPAddress(parsing: "::ffff:203.0.113.7")
        #expect(door.wait(mapped, at: 0) != nil)
    }

    @Test("Codes of one account are limited wherever they come from, until one is right")
    func codes() {
        for _ in 0..<10 { #expect(door.waitForCode("a") == nil) }
        #expect(door.waitForCode("a") == 60)
        #expect(door.waitForCode("b") == nil)
        door.throttle.recordRightCode(of: "a")
        #expect(door.waitForCode("a") == nil)
    }

    @Test(
        "A million sources take no more memory than twenty thousand, and an exhausted one is kept"
    )
    func bounded() {
        for _ in 0..<10 { _ = door.wait(attacker, at: 0) }
        for index in 0..<60_000 as Range<UInt32> {
            let address = IPAddress.v4(IPv4Address(bits: 0x0a00_0000 + index))
            _ = door.wait(address, at: Double(index) / 10_000)
        }
        #expect(door.throttle.sourceCount <= 20_000)
        #expect(door.wait(attacker, at: 1) != nil)
    }
}

/// A throttle that several closures use.
private final class Door {
    var throttle = LoginThrottle()

    func wait(_ source: IPAddress, at now: Double = 0) -> Int? {
        throttle.waitingTime(of: source, at: now)
    }

    func waitForCode(_ account: String) -> Int? {
        throttle.waitingTime(ofCodesFor: account, at: 0)
    }

    @Test("Right passwords cost nothing, until there are more than anyone needs")
    func rightPasswords() {
        var throttle = LoginThrottle()
        let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        func attempts(of account: String, at now: Double) -> Int {
            (0..<1_000).first { _ in
                if throttle.waitingTime(of: source, at: now) != nil { return true }
                throttle.recordRightPassword(of: account, from: source, at: now)
                return false
            } ?? 1_000
        }
        #expect(attempts(of: "a", at: 0) == 30, "20 for nothing, and the 10 of the source")
        let other = IPAddress.v4(IPv4Address(192, 0, 2, 2))
        #expect(throttle.waitingTime(of: other, at: 0) == nil, "others are not slowed down")
        #expect(attempts(of: "a", at: 600) == 30)
        for second in 0..<200 {
            let now = 2_000 + Double(second) * 3
            #expect(throttle.waitingTime(of: source, at: now) == nil)
            throttle.recordRightPassword(of: "a", from: source, at: now)
        }
    }
}
