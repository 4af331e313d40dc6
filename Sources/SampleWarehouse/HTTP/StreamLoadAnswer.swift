import Hummingbird

/// What a Doris backend answers to a stream load, as far as clients read it.
struct StreamLoadAnswer: ResponseCodable {
    var transaction: Int64
    var label: String
    var status: String
    var message: String
    var totalRowCount: Int
    var loadedRowCount: Int
    var filteredRowCount = 0
    var byteCount: Int
    var milliseconds: Int

    enum CodingKeys: String, CodingKey {
        case transaction = "TxnId"
        case label = "Label"
        case status = "Status"
        case message = "Message"
        case totalRowCount = "NumberTotalRows"
        case loadedRowCount = "NumberLoadedRows"
        case filteredRowCount = "NumberFilteredRows"
        case byteCount = "LoadBytes"
        case milliseconds = "LoadTimeMs"
    }
}
