import Text
import Traffic

extension [UInt8] {
    /// Appends what is recorded about an HTTP request as an object: `method, pathClass`, and, if they
    /// exist, `database, table, label, status, loadStatus` and `hops`, each with its `target` and
    /// `durationMs`.
    mutating func append(_ request: HTTPRequestRecord) {
        append(text: #"{"method":"#)
        append(jsonString: request.method)
        append(text: #","pathClass":"#)
        append(jsonString: request.pathClass.rawValue)
        append(key: #","database":"#, ifPresent: request.database)
        append(key: #","table":"#, ifPresent: request.table)
        append(key: #","label":"#, ifPresent: request.label)
        if let status = request.status {
            append(text: #","status":"#)
            append(decimal: status)
        }
        append(key: #","loadStatus":"#, ifPresent: request.loadStatus)
        append(request.hops)
        append(UInt8(ascii: "}"))
    }

    private mutating func append(_ hops: [HTTPRequestRecord.Hop]) {
        var separator = #","hops":["#
        for hop in hops {
            append(text: separator)
            append(text: #"{"target":"#)
            append(jsonString: hop.target)
            append(text: #","durationMs":"#)
            append(decimal: hop.milliseconds)
            append(UInt8(ascii: "}"))
            separator = ","
        }
        if !hops.isEmpty { append(UInt8(ascii: "]")) }
    }

    private mutating func append(key: String, ifPresent value: String?) {
        guard let value else { return }
        append(text: key)
        append(jsonString: value)
    }

    private mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }
}
