import Policy
import Testing

@Suite("Advice on denials for operators")
struct DenialAdviceTests {
    @Test(
        "Every reason has one sentence with a cause and a remedy",
        arguments: DenialReason.allCases
    )
    func sentence(reason: DenialReason) {
        #expect(reason.advice.contains(";") || reason.advice.contains(":"))
        #expect(!reason.advice.contains("\n") && reason.advice.count < 200)
    }
}
