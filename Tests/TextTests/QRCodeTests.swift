import Testing
import Text

@Suite("QR codes")
struct QRCodeTests {
    /// As another encoder (Python's qrcode 8.2) makes them with the same mask.
    @Test("A short text has version 1, a link of an authenticator app version 5")
    func known() throws {
        #expect(try #require(QRCode("A")).rows == Self.letter)
        let link =
            "otpauth://totp/Sluice:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sluice"
        #expect(try #require(QRCode(link)).rows.starts(with: Self.link))
    }

    @Test("Every length up to 213 bytes fits, and no other")
    func lengths() throws {
        for count in [0, 1, 14, 15, 100, 213] {
            let code = try #require(QRCode(String(repeating: "x", count: count)))
            #expect(code.rows.count == code.size && code.rows.allSatisfy { $0.count == code.size })
        }
        #expect(QRCode(String(repeating: "x", count: 214)) == nil)
        #expect(QRCode(String(repeating: "é", count: 107)) == nil)
    }

    private static let letter = [
        "111111101001001111111",
        "100000101111101000001",
        "101110100010101011101",
        "101110101101101011101",
        "101110100111001011101",
        "100000100101101000001",
        "111111101010101111111",
        "000000001101100000000",
        "101101110011101001011",
        "010110010101111001000",
        "110011101101000001101",
        "101101000001001111100",
        "100111100100100100100",
        "000000001011001001001",
        "111111101001100101000",
        "100000101100000110110",
        "101110100110111110001",
        "101110101111001111110",
        "101110101010101100000",
        "100000100010010100101",
        "111111101000010010000",
    ]

    private static let link = [
        "1111111011100111110001010110101111111",
        "1000001001110001100111101010001000001",
        "1011101000001110111011101011101011101",
    ]
}
