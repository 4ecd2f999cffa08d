//! What an extension says.

use super::lines::{Lines, Named, Text, digits};
use handfast_wire::extension::{CertificateAuthorities, ClientCertificateTypes, SelectedClientCertificateType};
use handfast_wire::extension::{
    CertificateStatus, CompressCertificate, Cookie, DelegatedCredential, DelegatedCredentialSchemes, EcPointFormats,
    KeyShareEntry, KeyShares, MaxEarlyData, MaxFragmentLength, OfferedPsks, OidFilters, ProtocolNameList,
    PskKeyExchangeModes, RecordSizeLimit, RenegotiationInfo, RetryKeyShare, SelectedPsk, SelectedVersion,
    ServerKeyShare, ServerNameList, SignatureAlgorithms, SignedCertificateTimestampList, StatusRequest,
    SupportedGroups, SupportedVersions, TicketRequest, TicketRequestHint,
};
use handfast_wire::{
    CertificateType, DecodeError, Extension, ExtensionType, Extensions, NamedGroup, Place, ProtocolVersion, Reader,
    SignatureScheme,
};

/// A block of extensions in its place.
pub(super) fn block(lines: &mut Lines<'_>, extensions: &Extensions<'_>, place: Place) {
    if extensions.is_empty() {
        return lines.line("No extensions");
    }
    lines.line(format_args!("extensions, length = {}", extensions.as_bytes().len()));
    lines.inner().items(extensions.iter(), |lines, (ty, body)| {
        let name = if ty.is_grease() { Some("GREASE") } else { ty.name() };
        let name = name.unwrap_or("UNKNOWN");
        lines.line(format_args!("extension_type={name}({}), length={}", ty.0, body.len()));
        let mut inner = lines.inner();
        if !body.is_empty() && show(&mut inner, ty, body, place).is_err() {
            inner.hex("cannot be read", body);
        }
    });
}

/// Reads a whole body.
fn read<'a, E: Extension<'a>>(body: &'a [u8]) -> Result<E, DecodeError> {
    let mut reader = Reader::new(body);
    let extension = E::read(&mut reader)?;
    reader.finish("extension")?;
    Ok(extension)
}

/// One by its type. Nothing is shown where it cannot be read: everything is read before it is shown.
fn show(lines: &mut Lines<'_>, ty: ExtensionType, body: &[u8], place: Place) -> Result<(), DecodeError> {
    let in_client_hello = place == Place::ClientHello;
    match ty {
        ExtensionType::SERVER_NAME => names(lines, &read(body)?),
        ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
            let ProtocolNameList(names) = read(body)?;
            lines.items(names.iter(), |lines, name| lines.line(Text(name.0)));
        }
        ExtensionType::SUPPORTED_GROUPS => {
            let SupportedGroups(groups) = read(body)?;
            lines.items(groups.iter(), |lines, group| lines.line(self::group(group)));
        }
        // The three have the same form, and differ in what is signed.
        ExtensionType::SIGNATURE_ALGORITHMS | ExtensionType::SIGNATURE_ALGORITHMS_CERT => {
            let SignatureAlgorithms(schemes) = read(body)?;
            lines.items(schemes.iter(), |lines, scheme| lines.line(self::scheme(scheme)));
        }
        ExtensionType::SUPPORTED_VERSIONS if in_client_hello => {
            let SupportedVersions(versions) = read(body)?;
            lines.items(versions.iter(), |lines, version| lines.line(self::version(version)));
        }
        ExtensionType::SUPPORTED_VERSIONS => lines.line(version(read::<SelectedVersion>(body)?.0)),
        ExtensionType::KEY_SHARE => shares(lines, body, place)?,
        ExtensionType::PRE_SHARED_KEY if in_client_hello => psks(lines, &read(body)?),
        ExtensionType::PRE_SHARED_KEY => lines.line(format_args!("selected_identity={}", read::<SelectedPsk>(body)?.0)),
        ExtensionType::PSK_KEY_EXCHANGE_MODES => {
            let PskKeyExchangeModes(modes) = read(body)?;
            lines.items(modes.iter(), |lines, mode| lines.line(Named(mode.name(), mode.0)));
        }
        ExtensionType::EARLY_DATA => {
            lines.line(format_args!("max_early_data={}", read::<MaxEarlyData>(body)?.0));
        }
        ExtensionType::COOKIE => lines.hex("cookie", read::<Cookie<'_>>(body)?.0),
        _ => return certificates(lines, ty, body, place),
    }
    Ok(())
}

/// Those about certificates.
fn certificates(lines: &mut Lines<'_>, ty: ExtensionType, body: &[u8], place: Place) -> Result<(), DecodeError> {
    match ty {
        ExtensionType::STATUS_REQUEST if place == Place::CertificateEntry => {
            lines.hex("OCSPResponse", read::<CertificateStatus<'_>>(body)?.0);
        }
        ExtensionType::STATUS_REQUEST => match read(body)? {
            StatusRequest::Ocsp(request) => {
                lines.line(format_args!("status_type=ocsp, responder_ids={}", request.responder_ids.iter().count()));
                lines.hex("request_extensions", request.request_extensions);
            }
            StatusRequest::Other { status_type, request } => {
                lines.hex(Named(status_type.name(), status_type.0), request);
            }
        },
        ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP => {
            let SignedCertificateTimestampList(list) = read(body)?;
            lines.items(list.iter(), |lines, sct| lines.hex("SerializedSCT", sct.0));
        }
        ExtensionType::CLIENT_CERTIFICATE_TYPE | ExtensionType::SERVER_CERTIFICATE_TYPE => {
            let kind = |ty: CertificateType| Named(ty.name(), ty.0);
            if place == Place::ClientHello {
                let ClientCertificateTypes(types) = read(body)?;
                lines.items(types.iter(), |lines, ty| lines.line(kind(ty)));
            } else {
                lines.line(kind(read::<SelectedClientCertificateType>(body)?.0));
            }
        }
        ExtensionType::COMPRESS_CERTIFICATE => {
            let CompressCertificate(algorithms) = read(body)?;
            lines.items(algorithms.iter(), |lines, algorithm| lines.line(Named(algorithm.name(), algorithm.0)));
        }
        ExtensionType::DELEGATED_CREDENTIAL if place == Place::CertificateEntry => {
            let own: DelegatedCredential<'_> = read(body)?;
            lines.line(format_args!("valid_time={}", own.valid_time));
            lines.line(scheme(own.verify_algorithm));
            lines.hex("SubjectPublicKeyInfo", own.spki);
            lines.line(format_args!("Signature Algorithm: {}", scheme(own.algorithm)));
            lines.hex("Signature", own.signature);
        }
        ExtensionType::DELEGATED_CREDENTIAL => {
            let DelegatedCredentialSchemes(schemes) = read(body)?;
            lines.items(schemes.iter(), |lines, scheme| lines.line(self::scheme(scheme)));
        }
        ExtensionType::CERTIFICATE_AUTHORITIES => {
            let CertificateAuthorities(names) = read(body)?;
            lines.items(names.iter(), |lines, name| super::certificate::name(lines, name.0));
        }
        ExtensionType::OID_FILTERS => {
            let OidFilters(filters) = read(body)?;
            lines.items(filters.iter(), |lines, filter| {
                lines.hex("certificate_extension_oid", filter.oid);
                lines.hex("certificate_extension_values", filter.values);
            });
        }
        _ => return limits(lines, ty, body, place),
    }
    Ok(())
}

/// Those about records and tickets, and what is left.
fn limits(lines: &mut Lines<'_>, ty: ExtensionType, body: &[u8], place: Place) -> Result<(), DecodeError> {
    match ty {
        ExtensionType::EC_POINT_FORMATS => {
            let EcPointFormats(formats) = read(body)?;
            lines.items(formats.iter(), |lines, format| lines.line(Named(format.name(), format.0)));
        }
        ExtensionType::RECORD_SIZE_LIMIT => lines.line(format_args!("limit={}", read::<RecordSizeLimit>(body)?.0)),
        ExtensionType::MAX_FRAGMENT_LENGTH => match read::<MaxFragmentLength>(body)? {
            code if code.bytes().is_some() => lines.line(format_args!("bytes={}", code.bytes().unwrap_or_default())),
            MaxFragmentLength(code) => lines.line(format_args!("UNKNOWN ({code})")),
        },
        ExtensionType::RENEGOTIATION_INFO => match read::<RenegotiationInfo<'_>>(body)?.0 {
            [] => lines.line("<EMPTY>"),
            verify_data => lines.hex("verify_data", verify_data),
        },
        ExtensionType::TICKET_REQUEST if place == Place::ClientHello => {
            let own: TicketRequest = read(body)?;
            lines.line(format_args!("new_session_count={}", own.new_session_count));
            lines.line(format_args!("resumption_count={}", own.resumption_count));
        }
        ExtensionType::TICKET_REQUEST => {
            lines.line(format_args!("expected_count={}", read::<TicketRequestHint>(body)?.expected_count));
        }
        ExtensionType::SESSION_TICKET => lines.hex("ticket", body),
        // Its content is zeros, and its length stands above.
        ExtensionType::PADDING if body.iter().all(|byte| *byte == 0) => {}
        _ => lines.hex("data", body),
    }
    Ok(())
}

fn names(lines: &mut Lines<'_>, list: &ServerNameList<'_>) {
    lines.items(list.0.iter(), |lines, name| lines.line(format_args!("host_name={}", Text(name.0))));
}

fn shares(lines: &mut Lines<'_>, body: &[u8], place: Place) -> Result<(), DecodeError> {
    let entry = |lines: &mut Lines<'_>, entry: KeyShareEntry<'_>| {
        lines.line(format_args!("NamedGroup: {}", group(entry.group)));
        lines.hex("key_exchange", entry.key_exchange);
    };
    match place {
        Place::ClientHello => lines.items(read::<KeyShares<'_>>(body)?.0.iter(), entry),
        Place::HelloRetryRequest => lines.line(format_args!("NamedGroup: {}", group(read::<RetryKeyShare>(body)?.0))),
        _ => entry(lines, read::<ServerKeyShare<'_>>(body)?.0),
    }
    Ok(())
}

fn psks(lines: &mut Lines<'_>, psks: &OfferedPsks<'_>) {
    lines.items(psks.identities.iter(), |lines, psk| {
        lines.hex("identity", psk.identity);
        lines.line(format_args!("obfuscated_ticket_age={}", psk.obfuscated_ticket_age));
    });
    lines.items(psks.binders.iter(), |lines, binder| lines.hex("PskBinderEntry", binder.0));
}

/// A group with its number.
pub(super) fn group(group: NamedGroup) -> impl core::fmt::Display {
    let name = if group.is_grease() { Some("GREASE") } else { group.name() };
    Named(name, group.0)
}

/// A scheme with its number.
pub(super) fn scheme(scheme: SignatureScheme) -> impl core::fmt::Display {
    digits(scheme.name(), scheme.is_grease(), scheme.0)
}

fn version(version: ProtocolVersion) -> impl core::fmt::Display {
    Named(if version.is_grease() { Some("GREASE") } else { version.name() }, version.0)
}
