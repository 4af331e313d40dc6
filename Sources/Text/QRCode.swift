/// A QR code of a short text (ISO/IEC 18004): byte mode, error correction M, versions 1 to 10.
///
///     QRCode("otpauth://totp/…")?.rows   // ["1111111001…", …]
public struct QRCode: Sendable {
    /// Modules on each side, without the quiet zone of four that it needs.
    public let size: Int
    private var modules: [[Bool]]
    /// Of patterns that do not carry data.
    private var isReserved: [[Bool]]
    private let version: Int

    /// Whether a module is dark.
    public subscript(x: Int, y: Int) -> Bool { modules[y][x] }

    /// One text for each row, from the top: `1` is a dark module.
    public var rows: [String] {
        modules.map { row in String(row.map { $0 ? "1" : "0" }) }
    }

    /// - Returns: `nil` for more than 213 bytes of UTF-8.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = (1...10).first(where: { Self.capacity(of: $0) >= bytes.count }) else {
            return nil
        }
        self.version = version
        size = 17 + 4 * version
        modules = Array(repeating: Array(repeating: false, count: size), count: size)
        isReserved = modules
        drawPatterns()
        place(interleaved(Self.codewords(of: bytes, version)))
        let masked = (0..<8).map { mask in
            var code = self
            code.apply(mask)
            code.drawFormat(mask)
            return code
        }
        if let best = masked.min(by: { $0.penalty < $1.penalty }) { modules = best.modules }
    }
}

// MARK: - Sizes (tables 1, 7 and 9)

extension QRCode {
    private static let correctionCounts = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26]
    private static let blockCounts = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5]

    /// Codewords of a version, those for error correction included.
    private static func codewordCount(_ version: Int) -> Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let alignments = version / 7 + 2
            modules -= (25 * alignments - 10) * alignments - 55
            if version >= 7 { modules -= 36 }
        }
        return modules / 8
    }

    private static func dataCount(_ version: Int) -> Int {
        codewordCount(version) - correctionCounts[version - 1] * blockCounts[version - 1]
    }

    /// Of the number of bytes.
    private static func lengthBits(_ version: Int) -> Int { version < 10 ? 8 : 16 }

    private static func capacity(of version: Int) -> Int {
        (dataCount(version) * 8 - 4 - lengthBits(version)) / 8
    }
}

// MARK: - Codewords (7.4 and 7.5)

extension QRCode {
    private static func codewords(of bytes: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for shift in (0..<count).reversed() { bits.append(value >> shift & 1 == 1) }
        }
        append(0b0100, 4)
        append(bytes.count, lengthBits(version))
        for byte in bytes { append(Int(byte), 8) }
        let count = dataCount(version)
        append(0, min(4, count * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var words = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var pad: UInt8 = 0xec
        while words.count < count {
            words.append(pad)
            pad ^= 0xec ^ 0x11
        }
        return words
    }

    /// The blocks with their error correction, a codeword of each in turn.
    private func interleaved(_ data: [UInt8]) -> [UInt8] {
        let blockCount = Self.blockCounts[version - 1]
        let correctionCount = Self.correctionCounts[version - 1]
        let total = Self.codewordCount(version)
        let shortCount = blockCount - total % blockCount
        let shortLength = total / blockCount - correctionCount
        let divisor = ReedSolomon.divisor(degree: correctionCount)
        var blocks: [(data: ArraySlice<UInt8>, correction: [UInt8])] = []
        var start = 0
        for index in 0..<blockCount {
            let end = start + shortLength + (index < shortCount ? 0 : 1)
            let block = data[start..<end]
            blocks.append((block, ReedSolomon.remainder(of: block, by: divisor)))
            start = end
        }
        var words: [UInt8] = []
        for offset in 0...shortLength {
            for block in blocks where offset < block.data.count {
                words.append(block.data[block.data.startIndex + offset])
            }
        }
        for offset in 0..<correctionCount {
            for block in blocks { words.append(block.correction[offset]) }
        }
        return words
    }
}

/// Error correction over GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1 (7.5.2).
private enum ReedSolomon {
    static func divisor(degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree)
        result[degree - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in 0..<degree {
                result[index] = product(result[index], root)
                if index + 1 < degree { result[index] ^= result[index + 1] }
            }
            root = product(root, 2)
        }
        return result
    }

    static func remainder(of data: some Sequence<UInt8>, by divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ result.removeFirst()
            result.append(0)
            for index in result.indices { result[index] ^= product(divisor[index], factor) }
        }
        return result
    }

    private static func product(_ first: UInt8, _ second: UInt8) -> UInt8 {
        var result = 0
        for shift in (0..<8).reversed() {
            result = result << 1 ^ (result >> 7) * 0x11d
            result ^= (Int(second) >> shift & 1) * Int(first)
        }
        return UInt8(truncatingIfNeeded: result)
    }
}

// MARK: - Patterns (6.3)

extension QRCode {
    private mutating func reserve(_ x: Int, _ y: Int, _ isDark: Bool) {
        modules[y][x] = isDark
        isReserved[y][x] = true
    }

    private mutating func drawPatterns() {
        for index in 0..<size {
            reserve(6, index, index % 2 == 0)
            reserve(index, 6, index % 2 == 0)
        }
        drawFinder(3, 3)
        drawFinder(size - 4, 3)
        drawFinder(3, size - 4)
        let positions = alignmentPositions
        let last = positions.count - 1
        for (row, y) in positions.enumerated() {
            for (column, x) in positions.enumerated() {
                // Finder patterns are there.
                let isCorner =
                    row == 0 && (column == 0 || column == last) || row == last && column == 0
                if !isCorner { drawAlignment(x, y) }
            }
        }
        // So that nothing is placed there; the values come with the mask.
        drawFormat(0)
        drawVersion()
    }

    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dy in -4...4 {
            for dx in -4...4 {
                let (column, row) = (x + dx, y + dy)
                guard (0..<size).contains(column), (0..<size).contains(row) else { continue }
                let distance = max(abs(dx), abs(dy))
                reserve(column, row, distance != 2 && distance != 4)
            }
        }
    }

    private mutating func drawAlignment(_ x: Int, _ y: Int) {
        for dy in -2...2 {
            for dx in -2...2 { reserve(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) }
        }
    }

    private var alignmentPositions: [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2
        return [6] + (0..<count - 1).map { size - 7 - step * $0 }.reversed()
    }

    /// The level of error correction and the mask (7.9).
    private mutating func drawFormat(_ mask: Int) {
        // 00 is level M.
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (mask << 10 | remainder) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0...5 { reserve(8, index, bit(index)) }
        reserve(8, 7, bit(6))
        reserve(8, 8, bit(7))
        reserve(7, 8, bit(8))
        for index in 9..<15 { reserve(14 - index, 8, bit(index)) }
        for index in 0..<8 { reserve(size - 1 - index, 8, bit(index)) }
        for index in 8..<15 { reserve(8, size - 15 + index, bit(index)) }
        reserve(8, size - 8, true)
    }

    /// From version 7 on (7.10).
    private mutating func drawVersion() {
        guard version >= 7 else { return }
        var remainder = version
        for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1f25 }
        let bits = version << 12 | remainder
        for index in 0..<18 {
            let isDark = bits >> index & 1 == 1
            reserve(size - 11 + index % 3, index / 3, isDark)
            reserve(index / 3, size - 11 + index % 3, isDark)
        }
    }
}

// MARK: - Placement and masks (7.7 and 7.8)

extension QRCode {
    /// In columns of two, from the right, up and down in turn.
    private mutating func place(_ words: [UInt8]) {
        var index = 0
        var right = size - 1
        while right >= 1 {
            if right == 6 { right = 5 }
            for step in 0..<size {
                let y = (right + 1) & 2 == 0 ? size - 1 - step : step
                for x in [right, right - 1] where !isReserved[y][x] && index < words.count * 8 {
                    modules[y][x] = words[index / 8] >> (7 - index % 8) & 1 == 1
                    index += 1
                }
            }
            right -= 2
        }
    }

    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isReserved[y][x] && Self.inverts(mask, x, y) {
                modules[y][x].toggle()
            }
        }
    }

    private static func inverts(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }

    /// How hard it is to read (7.8.3): runs, blocks, what looks like a finder, and imbalance.
    private var penalty: Int {
        let columns = (0..<size).map { x in modules.map { $0[x] } }
        var total = (modules + columns).reduce(0) { $0 + Self.penalty(ofLine: $1) }
        for y in 1..<size {
            for x in 1..<size {
                let module = modules[y][x]
                if module == modules[y - 1][x], module == modules[y][x - 1],
                    module == modules[y - 1][x - 1]
                {
                    total += 3
                }
            }
        }
        let dark = modules.reduce(0) { $0 + $1.count(where: \.self) }
        return total + abs(dark * 20 - size * size * 10) / (size * size) * 10
    }

    private static let finderLike: [[Bool]] = {
        let finder = [true, false, true, true, true, false, true]
        let light = [Bool](repeating: false, count: 4)
        return [finder + light, light + finder]
    }()

    private static func penalty(ofLine line: [Bool]) -> Int {
        var total = 0
        var run = 0
        for (index, module) in line.enumerated() {
            run = index > 0 && line[index - 1] == module ? run + 1 : 1
            if run == 5 { total += 3 } else if run > 5 { total += 1 }
        }
        for start in 0...line.count - 11 {
            let part = Array(line[start..<start + 11])
            if finderLike.contains(part) { total += 40 }
        }
        return total
    }
}
