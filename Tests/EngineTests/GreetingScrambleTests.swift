import MySQLProtocol
import Testing

@testable import Engine

@Suite("The scramble of the gateway's own greeting")
struct GreetingScrambleTests {
    @Test("It can be taken for text, as MySQL's can")
    func textLike() {
        let all = (UInt8.min ... .max).map { byte in
            MySQLScramble(textLike: [UInt8](repeating: byte, count: 20)).bytes
        }
        for bytes in all {
            #expect(bytes.count == 20 && bytes.allSatisfy { (1...127).contains($0) })
            #expect(!bytes.contains(UInt8(ascii: "$")))
        }
        #expect(Set(all).count == 126)
    }
}
