"""Prints the tables of docs/conformance.md from what BoringSSL's protocol test runner has written.

    python3 tools/bogo.py RESULT NAMES CONFIG

RESULT is the runner's -json-output of a run. NAMES is that of a run without exclusions, in which the shim did nothing: it names
every case, which RESULT does not do for those that are excluded. CONFIG is the shim's configuration.
"""

import collections
import fnmatch
import json
import re
import sys

STATES = ["passed", "failed", "unimplemented", "excluded"]

# A family is the first of these that a name begins with, so that every case is in one.
FAMILIES = [
    ("compliance profiles", ["Compliance"]),
    ("DTLS and QUIC", []),
    ("choice of certificates", ["CertificateSelection", "CertificateCipherMismatch", "CheckECDSACurve", "CheckLeafCurve"]),
    ("kinds of certificate (raw public keys)", ["ClientCertificateType", "ServerCertificateType", "RawPublicKey", "RPK"]),
    ("certificates and their judges", ["CertificateVerif", "ClientAuth", "ServerAuth", "NoClientCert", "FailCertCallback",
                                       "RSAKeyUsage", "ECDSAKeyUsage", "GarbageCert", "RequireAny", "SkipClientCert",
                                       "RetainOnly", "SendFakeCert", "UnsolicitedCert", "UnknownExtension", "Certificate"]),
    ("certificate compression", ["CertCompression", "DuplicateCertCompression"]),
    ("status and timestamps", ["OCSP", "ClientOCSP", "ServerOCSP", "SignedCertificateTimestamp", "SendSCT", "IgnoreExtensionsOnIntermediates",
                               "SendExtensionOnClientCertificate", "SendOCSP"]),
    ("signatures", ["Client-Sign", "Server-Sign", "Client-Verify", "Server-Verify", "Client-Invalid", "Server-Invalid",
                    "Client-NoVerify", "Server-NoVerify", "Ed25519", "BadECDSA", "RejectPSS", "Agree-Digest", "Verify"]),
    ("suites", ["TLS-TLS1", "CipherNegotiation", "CipherSuite", "UnsupportedCipher", "TLS-", "GREASE", "AllCiphers"]),
    ("key exchange", ["CurveTest", "CurveID", "KeyShare", "CustomKeyShares", "HelloRetryRequest", "MLKEM", "TwoMLKEM", "PointFormat",
                      "UnsupportedCurve", "UnsupportedEC", "BadCurve", "InvalidECDH", "PostQuantum", "SupportedCurves",
                      "NoSupportedCurves", "NoCommonCurves", "DuplicateKeyShares", "MissingKeyShare", "EmptyEncryptedExtensions",
                      "DisabledCurve", "X25519"]),
    ("pre-shared keys", ["PSK", "EmptyPSKHint", "TLS12-PSK"]),
    ("resumption and tickets", ["Resume", "Session", "Ticket", "Basic-Server-Session", "Renew", "TLS13-SendNoKEM", "TLS13-Ticket",
                                "TLS13-SendTicket", "SendTicket", "EmptySessionID", "SkipNewSessionTicket", "NoSession",
                                "ShimTicket"]),
    ("early data", ["EarlyData", "SkipEarlyData", "EarlyKeying", "TLS13-EarlyData", "0RTT", "QUIC-EarlyData"]),
    ("Encrypted Client Hello", ["TLS-ECH", "ECH", "DTLS-ECH"]),
    ("delegated credentials", ["DelegatedCredentials"]),
    ("versions", ["VersionNegotiation", "MinimumVersion", "MaximumVersion", "NoSupportedVersions", "ConflictingVersion",
                  "IgnoreClientVersion", "Downgrade", "TLS13Downgrade", "FallbackSCSV", "Fallback", "V2ClientHello",
                  "SendV2ClientHello", "BadVersion", "VersionTooLow", "VersionTolerance", "ServerBogusVersion"]),
    ("renegotiation", ["Renegotiat", "SendHalfHelloRequest", "BadHelloRequest", "Renego"]),
    ("application protocols", ["ALPN", "NPN", "ALPS", "NegotiateALPN"]),
    ("exporters and bindings", ["Export", "TLSUnique", "ChannelID", "ExtendedMasterSecret", "NoExtendedMasterSecret"]),
    ("false start", ["FalseStart", "NoFalseStart"]),
    ("record layer and alerts", ["Shutdown", "CloseNotify", "Unclean", "BadAlert", "SendAlert", "SendWarning", "SendEmpty", "SendKeyUpdate",
                                 "KeyUpdate", "RecordSize", "LargePlaintext", "LargeCiphertext", "MaxSendFragment", "CheckRecordVersion",
                                 "ShimSendAlert", "FragmentAcross", "FragmentAlert", "FragmentedClientVersion", "TooManyKeyUpdates",
                                 "EmptyRecords", "Peek", "CBC", "SendBogus", "DoubleAlert", "Alert", "AppData"]),
    ("messages out of order or broken", ["WrongMessageType", "TrailingMessageData", "TrailingData", "ExtensionTrailing", "Unexpected",
                                         "Skip", "PartialClient", "PartialSecond", "PartialNew", "PartialServer", "PartialEncrypted",
                                         "PartialClientFinished", "ExcessHandshake", "ExtraHandshake", "DuplicateExtension",
                                         "UnofferedExtension", "BadFinished", "StrayHello", "StrayChange", "EarlyChangeCipherSpec",
                                         "MTU", "SendSplit", "DuplicateMessage"]),
    ("full handshakes", ["Basic", "Handshake", "TLS13", "TLS12", "Server", "Client", "AllExtensions"]),
]


def family(name):
    if "DTLS" in name or "QUIC" in name:
        return "DTLS and QUIC"
    best, longest = "the rest", 0
    for title, prefixes in FAMILIES:
        for prefix in prefixes:
            if name.startswith(prefix) and len(prefix) > longest:
                best, longest = title, len(prefix)
    return best


def exclusion(name, patterns):
    """The first pattern that excludes the case; the runner's [^a] is Python's [!a]."""
    return next((pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern.replace("[^", "[!"))), None)


def main(result, names, config):
    run = json.load(open(result))["tests"]
    every = sorted(set(json.load(open(names))["tests"]) | set(run))
    # In JSON a pattern that is there twice would hide.
    text = open(config).read()
    patterns = json.loads(text)["DisabledTests"]
    written = re.findall(r'^    "(.*?)": "', text.split('"ErrorMap"')[0], re.M)
    assert len(written) == len(patterns), "a pattern is there twice"
    table = collections.defaultdict(collections.Counter)
    excluded = collections.Counter()
    for name in every:
        if name in run:
            state = {"PASS": "passed", "SKIP": "unimplemented"}.get(run[name]["actual"], "failed")
        else:
            state = "excluded"
            pattern = exclusion(name, patterns)
            assert pattern, f"{name} did not run, and nothing excludes it"
            excluded[pattern] += 1
        table[family(name)][state] += 1
    total = sum(table.values(), collections.Counter())
    print("| family | " + " | ".join(STATES) + " |\n|---|" + "---|" * len(STATES))
    titles = [title for title, _ in FAMILIES] + ["the rest"]
    for title, counts in [(title, table[title]) for title in titles if table[title]] + [("**all**", total)]:
        print(f"| {title} | " + " | ".join(f"{counts[state]:,}" for state in STATES) + " |")
    print("\n| excluded | cases | reason |\n|---|---|---|")
    for pattern, reason in patterns.items():
        print(f"| `{pattern}` | {excluded[pattern]:,} | {reason} |")
    unused = [pattern for pattern in patterns if not excluded[pattern]]
    if unused:
        print("patterns that exclude nothing that another before them does not:", *unused, file=sys.stderr)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
