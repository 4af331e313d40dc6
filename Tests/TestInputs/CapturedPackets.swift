/// Packets as real programs sent them, headers included.
package enum CapturedPackets {
    /// MariaDB 10.11.19, its first packet.
    package static let mariaDBGreeting =
        "640000000a352e352e352d31302e31312e31392d4d6172696144422d302b6465623132753100ad000000"
        + "3e6f37626862337600fef7080200ff81150000000000001d0000007c2c622b4b7b493a27514239006d79"
        + "73716c5f6e61746976655f70617373776f726400"

    /// `mariadb -udemo -psecret --ssl=0 tpch` (client 10.11), in answer to that greeting.
    package static let mariaDBLogin =
        "d50000018ca2bf000000100021000000000000000000000000000000000000001d00000064656d6f0014"
        + "49ffb90b287ccd6f1b5e2d39feba8177f700cc0874706368006d7973716c5f6e61746976655f70617373"
        + "776f7264007f035f6f73054c696e75780c5f636c69656e745f6e616d650a6c69626d617269616462045f"
        + "7069640531323634370f5f636c69656e745f76657273696f6e06332e332e3230095f706c6174666f726d"
        + "067838365f36340c70726f6772616d5f6e616d65056d7973716c0c5f7365727665725f686f7374093132"
        + "372e302e302e31"

    /// `pymysql.connect(user="demo", password="secret", database="tpch")`, PyMySQL 1.2.
    package static let pyMySQLLogin =
        "8c0000010da23a00ffffff002d000000000000000000000000000000000000000000000064656d6f0014"
        + "49ffb90b287ccd6f1b5e2d39feba8177f700cc0874706368006d7973716c5f6e61746976655f70617373"
        + "776f726400360c5f636c69656e745f6e616d650770796d7973716c0f5f636c69656e745f76657273696f"
        + "6e05312e322e34045f706964053132363438"

    /// What "secret" makes of the greeting's scramble, by `mysql_native_password`.
    package static let authentication = "49ffb90b287ccd6f1b5e2d39feba8177f700cc08"
}

/// The bytes that hexadecimal digits, two by two, stand for; `nil` where they do not.
package func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}
