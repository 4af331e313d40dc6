import Operations
import Policy
import Testing
import Traffic

@Suite("Counts of HTTP requests")
struct HTTPCountsTests {
    /// Two loads, one of them by a redirect, and a request that was refused.
    static var sample: HTTPCounts {
        var counts = HTTPCounts()
        var load = HTTPRequestRecord()
        load.pathClass = .streamLoad
        load.status = 200
        load.loadStatus = "Success"
        load.hops = [hop(3), hop(0), hop(8, isRedirected: true)]
        counts.record(load, bytesIn: 1_000, milliseconds: 2_500)
        load.loadStatus = "Publish Timeout"
        load.hops = [hop(1)]
        counts.record(load, bytesIn: 100, milliseconds: 1_000)
        var refused = HTTPRequestRecord()
        refused.pathClass = .api
        counts.record(refused, bytesIn: 10, milliseconds: 5, denial: .redirectRefused)
        return counts
    }

    private static func hop(
        _ milliseconds: Int64,
        isRedirected: Bool = false
    ) -> HTTPRequestRecord.Hop {
        HTTPRequestRecord.Hop(
            target: "fe-1:8030",
            milliseconds: milliseconds,
            isRedirected: isRedirected
        )
    }

    @Test("Requests are counted by class of path and status, loads by their own status")
    func sums() {
        let counts = Self.sample
        #expect(counts.requestCount == 3)
        #expect(counts.count(.streamLoad, .successful) == 2 && counts.count(.api, .none) == 1)
        #expect(counts.count(.success) == 1 && counts.count(.publishTimeout) == 1)
        #expect(counts.loadByteCount == 1_100, "of loads only")
        #expect(counts.hopCount == 4 && counts.hopMilliseconds == 12)
        #expect(counts.requestMilliseconds == 3_505)
        #expect(
            counts.followedRedirects == 1 && counts.refusedRedirects == 1,
            "a retry at another front end is not a redirect"
        )
    }

    @Test("Each class of path and status has its own count")
    func classes() {
        var counts = HTTPCounts()
        var request = HTTPRequestRecord()
        for (number, path) in HTTPRequestRecord.PathClass.allCases.enumerated() {
            request.pathClass = path
            for status in [nil, 100, 200, 302, 404, 503] as [Int?] {
                request.status = status
                for _ in 0...number { counts.record(request, bytesIn: 0, milliseconds: 0) }
            }
        }
        for (number, path) in HTTPRequestRecord.PathClass.allCases.enumerated() {
            for status in HTTPCounts.StatusClass.allCases {
                #expect(counts.count(path, status) == UInt64(number + 1))
            }
        }
    }

    @Test("Each status of a load has its own count, and foreign words have one together")
    func loads() {
        var counts = HTTPCounts()
        var load = HTTPRequestRecord()
        load.pathClass = .httpStream
        let words = [
            "Success", "Publish Timeout", "Label Already Exists", "Fail", "OK", "none", "other",
            nil,
        ]
        for word in words {
            load.loadStatus = word
            counts.record(load, bytesIn: 1, milliseconds: -1)
        }
        let all = HTTPCounts.LoadStatus.allCases.map { counts.count($0) }
        #expect(all == [1, 1, 1, 1, 3, 1])
        #expect(counts.requestMilliseconds == 0, "a clock that is set back counts nothing")
    }

    @Test("The status has what occurred, under the words of the access log")
    func status() {
        let status = HTTPStatus(.rewrite, Self.sample)
        #expect(status.mode == .rewrite)
        #expect(status.requests == ["streamLoad": ["2xx": 2], "api": ["none": 1]])
        #expect(status.loads == ["Success": 1, "Publish Timeout": 1])
        #expect(status.hopMs == 12 && status.redirectsFollowed == 1)
    }
}
