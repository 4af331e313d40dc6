import Foundation
import Testing

extension IntegrationTests {
    /// The access log on a disk that is full, and then is not.
    @Suite("Full disk", .onlyWithSmallDisks)
    struct FullDiskTests {
        @Test("The operator is informed, missing lines are counted, and every line is complete")
        func fullDisk() throws {
            let echo = try ThreadedServer.echo()
            let listener = try ListenerFile("tcp", to: echo.endpoint)
            let disk = try SmallDisk()
            let sluice = try SluiceProcess(GatewayFile(listener))
            let path = disk.path + "/access.log"
            let text = GatewayFile(listener).text(management: sluice.management)
                .replacing("access: stdout", with: "access: \(path)")
            try sluice.requestReload(to: text)
            try wait(for: "the log file") { FileManager.default.fileExists(atPath: path) }

            // The last page of the disk is filled up in the middle of a line.
            try disk.fill(leaving: 4_096)
            var connections = 0
            try wait(for: "a failing access log in \(sluice.operatorLog)") {
                #expect(try Connection(to: listener.listen).exchange("x"))
                connections += 1
                return try sluice.metric("sluice_access_log_failing") == 1
            }
            try wait(for: "a word of it") {
                sluice.operatorLog.contains("cannot write the access log: no space left on device")
            }
            #expect(try sluice.get("/v1/status").body.contains("no space left on device"))

            try disk.empty()
            #expect(try Connection(to: listener.listen).exchange("x"))
            connections += 1
            try wait(for: "a log that is written again; \(sluice.operatorLog)") {
                try sluice.metric("sluice_access_log_failing") == 0
            }
            try wait(for: "the end of it in \(sluice.operatorLog)") {
                sluice.operatorLog.contains("writing the access log again")
            }
            // The last connection's line may be on its way.
            let lines = try wait(for: "a line of each connection, or its loss") {
                let lost = try sluice.metric("sluice_access_log_dropped_lines_total")
                let lines = try String(contentsOfFile: path, encoding: .utf8)
                    .split(separator: "\n")
                return lines.count + Int(lost) == connections ? lines : nil
            }
            for line in lines {
                #expect(throws: Never.self, "a line alone, and whole: \(line)") {
                    try JSONDecoder().decode(AccessLine.self, from: Data(line.utf8))
                }
            }
            #expect(try sluice.terminate() == 0)
        }
    }
}
