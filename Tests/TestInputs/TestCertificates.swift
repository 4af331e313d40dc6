/// Certificates and keys for tests, valid for a hundred years. They open nothing.
package enum TestCertificates {
    /// Signs all others.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAT+gAwIBAgIUAmanS/AaKVZXDEpBYgX/RAgcgQEwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MjA0NDE1WhgPMjEy
        NjExMDUyMDQ0MTVaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAE7kwskbpaFLVCyKYC5HYU093+Pr06xfbKWlQAfXvn
        y6OnIGyAyXVJ7f2DnUBuc961ret33nLdw67cf7ovUACt36NjMGEwHQYDVR0OBBYE
        FFYZBnXcHn8p/ZRr+64AVOOt2998MB8GA1UdIwQYMBaAFFYZBnXcHn8p/ZRr+64A
        VOOt2998MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49
        BAMCA0kAMEYCIQD35VAMuhDAtkli+/JUFQjalvwVB58fvZswTMGRTbo9pgIhAIkF
        DdjTH9ZO/y5V42U3ED91/wj2d2znnVxg64qURmUT
        -----END CERTIFICATE-----
        """

    /// For gw.example, *.gw.example and 192.0.2.1.
    package static let gateway = """
        -----BEGIN CERTIFICATE-----
        MIIBtjCCAVygAwIBAgIUS6Re22RHhaFumR8sxIwlr27jDaswCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MjA0NDE2WhgPMjEy
        NjExMDUyMDQ0MTZaMCExDTALBgNVBAoMBFRlc3QxEDAOBgNVBAMMB2dhdGV3YXkw
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASjroRKwn0G0NETnYH1AivgtFl/X3Fd
        O5nh9K8gV7YpMYgNUPwHqmODr4170uYvqyLZvofIzNh4P8sQ+4KL3QEwo3gwdjAp
        BgNVHREEIjAgggpndy5leGFtcGxlggwqLmd3LmV4YW1wbGWHBMAAAgEwCQYDVR0T
        BAIwADAdBgNVHQ4EFgQUKGPX6P5Yft5Lg9XKORSVZ0TPtPwwHwYDVR0jBBgwFoAU
        VhkGddwefyn9lGv7rgBU463b33wwCgYIKoZIzj0EAwIDSAAwRQIgcKUruHThgjEu
        Wh+OTkUhMjIctWzD17qUCHloko4blYsCIQDomgKGfzFm6ZQH217iMg5JPRSpfegf
        ewBRisZ4TYS8pg==
        -----END CERTIFICATE-----
        """

    package static let gatewayKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgalk23FHEXDXi33ec
        TB0cAT2e0yTAZf7Pmdod2mG97POhRANCAASjroRKwn0G0NETnYH1AivgtFl/X3Fd
        O5nh9K8gV7YpMYgNUPwHqmODr4170uYvqyLZvofIzNh4P8sQ+4KL3QEw
        -----END PRIVATE KEY-----
        """

    /// Of no certificate, and encrypted.
    package static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAix/VPcJabrsgICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEED8E6COgPvyrFrX0/Cy71PkEgZC4
        57QI36wfQoNB7ET+Hh1VG1yF477YmFj3SfGUpboOG5WH1ehz4zQe7n3YvEOJtMAJ
        4/BhQuD/g5Y/5Z/xwMSyRO3KjTKttZUjHYTGLF5nquH4BlyoWGQlda/1uOXSqzoI
        enjRl2Y50iQxfjuUPDIZPP9OoeL5s5Udl6XjKzlBDcyVd2SzDenqrGtbx7GI088=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// For other.example.
    package static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBpDCCAUmgAwIBAgIUS6Re22RHhaFumR8sxIwlr27jDawwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MjA0NDE2WhgPMjEy
        NjExMDUyMDQ0MTZaMB8xDTALBgNVBAoMBFRlc3QxDjAMBgNVBAMMBW90aGVyMFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwTWgdhByhaxPqhB70shTeiIp8nIUAtlp
        zOhUCtKwjgp7X0rc12MVIDXg7TtbRg5ghogH3WfJtiRcYv7uXYRwKqNnMGUwGAYD
        VR0RBBEwD4INb3RoZXIuZXhhbXBsZTAJBgNVHRMEAjAAMB0GA1UdDgQWBBSb5mLj
        yqtGjmwMdXYS5FTBh72EeTAfBgNVHSMEGDAWgBRWGQZ13B5/Kf2Ua/uuAFTjrdvf
        fDAKBggqhkjOPQQDAgNJADBGAiEA/ZIuSMdxIxbnoahmOFyzXHUukGOJRKl7Kd9j
        gmzQDfgCIQCPy7SJ0ObROrOzdSkitw7ewxrE5VsrLlfT7LYD/3GPDg==
        -----END CERTIFICATE-----
        """

    package static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5RQK6Zp/jdNu5C0b
        Fud28l//NL1Wra517HRgoblYpMihRANCAATBNaB2EHKFrE+qEHvSyFN6IinychQC
        2WnM6FQK0rCOCntfStzXYxUgNeDtO1tGDmCGiAfdZ8m2JFxi/u5dhHAq
        -----END PRIVATE KEY-----
        """

    /// Of a client.
    package static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBpTCCAUugAwIBAgIUS6Re22RHhaFumR8sxIwlr27jDa0wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MjA0NDE2WhgPMjEy
        NjExMDUyMDQ0MTZaMCAxDTALBgNVBAoMBFRlc3QxDzANBgNVBAMMBmNsaWVudDBZ
        MBMGByqGSM49AgEGCCqGSM49AwEHA0IABOg1x3Bi9V/EC3FbcZLuYoHOZZFa6UD3
        wc+/XBRE79ikcuA8hhhKct5hNUQ+5VYDjBD3UsD1JjNb7AV9M5qQXlOjaDBmMBkG
        A1UdEQQSMBCCDmNsaWVudC5leGFtcGxlMAkGA1UdEwQCMAAwHQYDVR0OBBYEFLB/
        iaNh92c8jSNxj1cdXrS0pjtVMB8GA1UdIwQYMBaAFFYZBnXcHn8p/ZRr+64AVOOt
        2998MAoGCCqGSM49BAMCA0gAMEUCIDSuxatxQ0CdXLRw+Mcl5y/2fSTe8IzkQ3zv
        o4We8GHpAiEAgO+9m6jcYZTmyJdNViFOtC2btGTwwsSBHfoMsFEPwz8=
        -----END CERTIFICATE-----
        """

    package static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUHAfgNAuY3uDpxsc
        gQR4utz4CQ98XZYxgEoXptY7EaehRANCAAToNcdwYvVfxAtxW3GS7mKBzmWRWulA
        98HPv1wURO/YpHLgPIYYSnLeYTVEPuVWA4wQ91LA9SYzW+wFfTOakF5T
        -----END PRIVATE KEY-----
        """

    /// Of a client; in the list of revocations.
    package static let revoked = """
        -----BEGIN CERTIFICATE-----
        MIIBqDCCAU2gAwIBAgIUS6Re22RHhaFumR8sxIwlr27jDa4wCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI5MjA0NDE2WhgPMjEy
        NjExMDUyMDQ0MTZaMCExDTALBgNVBAoMBFRlc3QxEDAOBgNVBAMMB3Jldm9rZWQw
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAToPeQkfG9KlpKUwnGs4Q09aev6ljUy
        h5IwdQwg4xNOCIaktBJVja2lg9WmRjaCxHPsTlqPOZhSGGlr42xT0tF9o2kwZzAa
        BgNVHREEEzARgg9yZXZva2VkLmV4YW1wbGUwCQYDVR0TBAIwADAdBgNVHQ4EFgQU
        TSnaTRsA5EEX3JRhUti2LV+tkg4wHwYDVR0jBBgwFoAUVhkGddwefyn9lGv7rgBU
        463b33wwCgYIKoZIzj0EAwIDSQAwRgIhAM8lSNHim0nDCk3HNgP3hJxggPS4E+1U
        JBSLPHC6FhtXAiEAnLLWGLmjnWvmJVP0q0B9S2Q2AFb9trmiHCLbWMSk4N0=
        -----END CERTIFICATE-----
        """

    package static let revokedKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPAVt4PoCtodQTRjG
        Q4FgkiGMynfQKAzz5BiHPTNoGhahRANCAAToPeQkfG9KlpKUwnGs4Q09aev6ljUy
        h5IwdQwg4xNOCIaktBJVja2lg9WmRjaCxHPsTlqPOZhSGGlr42xT0tF9
        -----END PRIVATE KEY-----
        """

    /// The authority's list of revocations.
    package static let revocations = """
        -----BEGIN X509 CRL-----
        MIHcMIGDAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5
        Fw0yNjExMjkyMDQ0MTdaGA8yMTI2MTEwNTIwNDQxN1owJzAlAhRLpF7bZEeFoW6Z
        HyzEjCWvbuMNrhcNMjYxMTI5MjA0NDE2WqAOMAwwCgYDVR0UBAMCAQEwCgYIKoZI
        zj0EAwIDSAAwRQIhAJ1OFSDRPRPQwELxw40/sbr6QP58f1nfYIIQpzYqSWY5AiBX
        0wA07YyDoHqTKb5sxRRf0YnGIatDE4vPg9Ijgq9thw==
        -----END X509 CRL-----
        """
}
