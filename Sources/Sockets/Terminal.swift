internal import Glibc

/// The terminal of this process (tty(4)), whatever its standard streams are: for questions that only
/// a person is to answer.
package struct Terminal: ~Copyable {
    private let file: File

    /// - Throws: if the process has no terminal.
    package init() throws(SystemError) {
        file = File(descriptor: try File.open("/dev/tty", O_RDWR), isOwned: true)
    }

    private func write(_ text: String) throws(SystemError) { try file.write(Array(text.utf8)) }

    /// Asks for a line.
    ///
    /// - Returns: it, without its end; `nil` at the end of the input.
    package func readLine(_ question: String) throws(SystemError) -> [UInt8]? {
        try write(question)
        var line: [UInt8] = []
        while line.count < HiddenLine.byteLimit {
            let bytes = try file.read(upTo: 1)
            guard let byte = bytes.first else { return line.isEmpty ? nil : line }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return line
    }

    /// Asks for a line that is not shown while it is typed.
    ///
    /// The terminal sends no signals meanwhile, so that it is as before however this ends.
    ///
    /// - Returns: `nil` if the person gives up.
    package func readHiddenLine(_ question: String) throws(SystemError) -> [UInt8]? {
        var before = termios()
        try File.retrying { unsafe tcgetattr(file.descriptor, &before) }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        unsafe withUnsafeMutableBytes(of: &hidden.c_cc) { characters in
            unsafe characters[Int(VMIN)] = 1
            unsafe characters[Int(VTIME)] = 0
        }
        // What was typed before the question was on the screen, and is not the answer.
        try File.retrying { unsafe tcsetattr(file.descriptor, TCSAFLUSH, &hidden) }
        defer { _ = unsafe tcsetattr(file.descriptor, TCSADRAIN, &before) }
        try write(question)
        var line = HiddenLine()
        while true {
            let bytes = try file.read(upTo: 1)
            guard case .finished(let text) = line.type(bytes.first) else { continue }
            try write("\n")
            return text
        }
    }
}

/// A line that is typed without being shown, and corrected with the usual keys.
package struct HiddenLine: Hashable, Sendable {
    package enum Progress: Hashable, Sendable {
        case unfinished
        /// `nil` if the person gave up.
        case finished([UInt8]?)
    }

    /// A longer line ends here.
    static let byteLimit = 1_024
    private var bytes: [UInt8] = []

    package init() {}

    /// - Parameter byte: `nil` at the end of the input.
    package mutating func type(_ byte: UInt8?) -> Progress {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return .finished(bytes)
        // Control-C, Control-\, and the end of the input.
        case nil, 0x03, 0x1c: return .finished(nil)
        // Control-D
        case 0x04: return .finished(bytes.isEmpty ? nil : bytes)
        // Backspace
        case 0x08, 0x7f: eraseCharacter()
        // Control-U
        case 0x15: bytes = []
        case let byte?:
            bytes.append(byte)
            if bytes.count >= Self.byteLimit { return .finished(bytes) }
        }
        return .unfinished
    }

    /// A character's last byte, and the ones before it (UTF-8: RFC 3629 §3).
    private mutating func eraseCharacter() {
        while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
    }
}
