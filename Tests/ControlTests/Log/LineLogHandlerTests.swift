import Core
import Foundation
import Logging
import Testing

@testable import Control

@Suite("The gateway's own log")
struct LineLogHandlerTests {
    /// The lines that `body` writes with a logger of this level, without their time.
    private func lines(_ level: LogSettings.Level, _ body: (Logger) -> Void) throws -> [String] {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "log")
        var settings = LogSettings()
        settings.level = level
        let destination = try #require(try LogDestination.of(.file(path: path)))
        body(LineLogHandler.logger(settings, to: destination))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n").map { line in
            line.split(separator: " ", maxSplits: 1).dropFirst().joined()
        }
    }

    @Test("What is below the level is not written")
    func level() throws {
        let written = try lines(.notice) { logger in
            logger.info("quiet")
            logger.notice("heard")
            logger.error("loud")
        }
        #expect(written == ["notice heard", "error loud"])
    }

    @Test("A message's own fields come before the logger's, in the order of their names")
    func metadata() throws {
        let written = try lines(.info) { logger in
            var logger = logger
            logger[metadataKey: "z"] = "logger"
            logger[metadataKey: "a"] = "logger"
            logger.info("hello", metadata: ["a": "message", "m": "1"])
        }
        #expect(written == ["info hello a=message m=1 z=logger"])
    }
}
