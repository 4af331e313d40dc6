import Foundation
import Logging
import Settings
import Testing

@testable import Control

@Suite("The gateway's own log")
struct LineLogHandlerTests {
    /// The lines that `body` writes with a logger of this level, without their time.
    private func lines(_ level: LogSettings.Level, _ body: (OperatorLog) -> Void) throws -> [String]
    {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "log")
        var settings = LogSettings()
        settings.level = level
        let destination = try #require(try LogDestination.of(.file(path: path)))
        let log = OperatorLog(settings, to: destination)
        body(log)
        log.flush(within: .seconds(60))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n").map { line in
            line.split(separator: " ", maxSplits: 1).dropFirst().joined()
        }
    }

    @Test("Messages below the level are not written")
    func level() throws {
        let written = try lines(.notice) { log in
            let logger = log.logger
            logger.info("quiet")
            logger.notice("heard")
            logger.error("loud")
        }
        #expect(written == ["notice heard", "error loud"])
    }

    @Test("Another level or format applies immediately, even to existing loggers")
    func apply() throws {
        let written = try lines(.error) { log in
            let logger = log.logger
            logger.notice("unheard")
            var settings = LogSettings()
            (settings.level, settings.format) = (.notice, .json)
            log.apply(settings)
            logger.notice("heard now")
        }
        #expect(written == ["now\"}"], "what comes after the only space of a line of JSON")
    }

    @Test("A logger with a higher level than its log keeps it")
    func quieter() throws {
        let written = try lines(.trace) { log in
            var logger = log.logger
            logger.logLevel = .warning
            logger.info("unheard")
            logger.warning("heard")
        }
        #expect(written == ["warning heard"])
    }

    @Test("A message's own fields come before the logger's, in the order of their names")
    func metadata() throws {
        let written = try lines(.info) { log in
            var logger = log.logger
            logger[metadataKey: "z"] = "logger"
            logger[metadataKey: "a"] = "logger"
            logger.info("hello", metadata: ["a": "message", "m": "1"])
        }
        #expect(written == ["info hello a=message m=1 z=logger"])
    }
}
