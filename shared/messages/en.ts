import { carry } from "./carry.ts";
import type { Messages } from "./keys.ts";

export const en: Messages = {
  "what-to-do": "What to do: {text}",
  "batch-numbers": "{count, plural, =1 {batch {batches}} other {batches {batches}}}",

  "reason.malformed.name": "not in the census format",
  "reason.malformed.what":
    "A file of this batch does not follow the census format, so nothing in it can be relied on.",
  "reason.malformed.do": "Keep the tablet and report the batch to support; nothing is deleted on the tablet.",
  "reason.signature-invalid.name": "signature not valid",
  "reason.signature-invalid.what":
    "The signature does not match the batch: it was changed or damaged after it was signed.",
  "reason.signature-invalid.do":
    "Plug the tablet in again; if the batch is refused once more, set the tablet aside and tell the auditor.",
  "reason.certificate-untrusted.name": "certificate not trusted",
  "reason.certificate-untrusted.what":
    "The certificate behind the batch does not lead to this campaign’s root, or is not for this tablet or oblast.",
  "reason.certificate-untrusted.do":
    "Check that the right campaign folder is loaded; if it is, set the tablet aside and tell the auditor.",
  "reason.certificate-expired.name": "certificate outside its validity",
  "reason.certificate-expired.what": "The certificate was outside its validity when the batch was unloaded.",
  "reason.certificate-expired.do":
    "Check the date and time of this workstation; if they are right, load the renewed campaign folder and judge the quarantine again.",
  "reason.certificate-revoked.name": "certificate revoked",
  "reason.certificate-revoked.what": "The certificate of the tablet, or of its issuer, has been revoked.",
  "reason.certificate-revoked.do":
    "Set the tablet aside and tell the auditor; do not give it back to be worked with.",
  "reason.wrong-device.name": "of another tablet",
  "reason.wrong-device.what":
    "The batch was signed by another tablet than the one whose ledger lies beside it.",
  "reason.wrong-device.do": "Find out how another tablet’s files came here, and unload that tablet itself.",
  "reason.wrong-campaign.name": "of another campaign",
  "reason.wrong-campaign.what":
    "The batch belongs to another campaign, or was made outside this one’s dates.",
  "reason.wrong-campaign.do":
    "Check the campaign that is loaded here and the date on the tablet, then tell the auditor.",
  "reason.unknown-schema.name": "unknown version of the census form",
  "reason.unknown-schema.what": "The batch was made with a census form that this campaign does not name.",
  "reason.unknown-schema.do": "Load the newest campaign folder, then judge the quarantine again.",
  "reason.central-not-recipient.name": "not encrypted for the centre",
  "reason.central-not-recipient.what":
    "The batch is not encrypted for the centre, which could never open it.",
  "reason.central-not-recipient.do":
    "Keep the tablet and report it to support: the batch has to be made again.",
  "reason.body-missing.name": "batch file missing",
  "reason.body-missing.what": "The manifest is there, but the file with the census forms is not.",
  "reason.body-missing.do":
    "Plug the tablet in again; if the file is still missing, keep the tablet and tell the auditor.",
  "reason.length-mismatch.name": "length differs",
  "reason.length-mismatch.what": "The batch file is longer or shorter than its manifest says.",
  "reason.length-mismatch.do":
    "Plug the tablet in again, and the file is read anew; if the batch is refused once more, tell the auditor.",
  "reason.chunk-mismatch.name": "content differs",
  "reason.chunk-mismatch.what": "A part of the batch file is not what the tablet signed.",
  "reason.chunk-mismatch.do":
    "Plug the tablet in again, and that part is read anew; if the batch is refused once more, tell the auditor.",
  "reason.not-age.name": "not encrypted as required",
  "reason.not-age.what": "The batch file is not encrypted in the required way.",
  "reason.not-age.do": "Keep the tablet and report the batch to support.",
  "reason.previous-mismatch.name": "does not follow the one before",
  "reason.previous-mismatch.what": "The batch does not continue the batch before it in the chain.",
  "reason.previous-mismatch.do":
    "Unload everything this tablet has, cards and carriers too, then judge the quarantine again; if it is refused once more, tell the auditor.",
  "reason.conflict.name": "conflict",
  "reason.conflict.what":
    "Another batch of this tablet with the same number is staged here already; both are kept.",
  "reason.conflict.do": "Tell the auditor about both: a person has to decide which one counts.",
  "reason.ledger-mismatch.name": "differs from the ledger",
  "reason.ledger-mismatch.what":
    "The batch found is not the one that the tablet’s ledger lists under this number.",
  "reason.ledger-mismatch.do": "Keep the tablet and tell the auditor.",
  "reason.io.name": "could not be read",
  "reason.io.what": "The cable, the tablet or the disk failed while the batch was being read.",
  "reason.io.do": "Plug the tablet in again: unloading goes on from where it stopped.",

  "finding.gap.name": "gap",
  "finding.gap.what":
    "{count, plural, =1 {Batch {batches} is} other {Batches {batches} are}} in the ledger, but neither on the tablet nor at this station, and the centre has not confirmed {count, plural, =1 {it} other {them}}.",
  "finding.gap.do": "Do not give the tablet back; find out with the auditor where the missing batches are.",
  "finding.gap.more": "{count, plural, one {# more batch is} other {# more batches are}} missing.",
  "finding.fork.name": "fork",
  "finding.fork.what": "Two different batches claim one place in the chain ({batches}).",
  "finding.fork.do": "Tell the auditor: the tablet may have been copied or restored from a copy.",
  "finding.ledger-rollback.name": "ledger older than before",
  "finding.ledger-rollback.what":
    "The tablet showed a ledger older than one seen before, or another one under the same number.",
  "finding.ledger-rollback.do": "Find out whether the tablet was restored or replaced, and tell the auditor.",
  "finding.ledger-invalid.name": "ledger not accepted",
  "finding.ledger-invalid.what":
    "The tablet’s ledger was not accepted ({reason}); batches that stand on their own are staged, but nothing proves that they are all.",
  "finding.ledger-invalid.do": "Do not give the tablet back; tell the auditor.",
  "finding.unsealed.name": "records not in a batch yet",
  "finding.unsealed.what":
    "{count, plural, one {# questionnaire is} other {# questionnaires are}} on the tablet but in no batch yet, so the cable cannot bring {count, plural, one {it} other {them}}.",
  "finding.unsealed.do":
    "Close the census form on the tablet, let it make its batch, then plug the tablet in again.",
  "finding.head-lowered.name": "fewer batches than before",
  "finding.head-lowered.what":
    "The tablet’s ledger ends earlier than one seen before: the last batches are no longer in it.",
  "finding.head-lowered.do":
    "Do not give the tablet back; find out with the auditor whether it was restored from a copy.",
  "finding.chain-forgotten.name": "earlier chain forgotten",
  "finding.chain-forgotten.what":
    "The tablet no longer names an earlier chain of its batches (it starts with {chain}), of which something is still missing, refused or damaged.",
  "finding.chain-forgotten.do":
    "Do not give the tablet back; find out with the auditor whether it was reset.",
  "finding.damaged.name": "damaged at this station",
  "finding.damaged.what":
    "{count, plural, =1 {Batch {batches} was} other {Batches {batches} were}} saved here before, but {count, plural, =1 {its files are} other {their files are}} no longer whole, and the tablet could not give {count, plural, =1 {it} other {them}} again.",
  "finding.damaged.do":
    "Do not give the tablet back; tell the administrator to look at this workstation’s disk and backups.",
  "finding.not-listed.name": "not in the ledger",
  "finding.not-listed.what":
    "{count, plural, =1 {Batch {batches} is} other {Batches {batches} are}} on the tablet, but the ledger does not list {count, plural, =1 {it} other {them}}.",
  "finding.not-listed.do": "Tell the auditor; the batch is kept all the same.",
  "finding.growing.name": "still being made",
  "finding.growing.what":
    "{count, plural, =1 {Batch {batches} has} other {Batches {batches} have}} no manifest: the tablet is still making {count, plural, =1 {it} other {them}}, or stopped half way.",
  "finding.growing.do":
    "Close the census form on the tablet, wait until the batch is ready, then plug the tablet in again.",
  "finding.crl-stale.name": "list of revoked certificates out of date",
  "finding.crl-stale.what":
    "There is no fresh list of revoked certificates from {issuer}, so uploading waits.",
  "finding.crl-stale.do": "Load a campaign folder with a fresh list.",
  "finding.unlisted.name": "does not belong here",
  "finding.unlisted.what": "The outbox holds a file or folder that does not belong there: {name}.",
  "finding.unlisted.do": "It was not opened; find out who put it there and why.",
  "finding.clock-skew.name": "clocks differ",
  "finding.clock-skew.what":
    "{of, select, ledger {By this workstation’s clock, the ledger was made {difference} in the future.} other {{ahead, select, yes {The tablet’s clock is {difference} fast.} other {The tablet’s clock is {difference} slow.}}}}",
  "finding.clock-skew.do": "No batch depends on a clock; set the date and time on the tablet.",
  "finding.false-ack.name": "confirmation not valid",
  "finding.false-ack.what":
    "The ledger says that the centre confirmed {count, plural, =1 {batch {batches}} other {batches {batches}}}, but the confirmation does not hold; it counts as merely sent.",
  "finding.false-ack.do": "Tell the auditor.",

  "ledger-state.ok": "in order",
  "ledger-state.rollback": "older than before",
  "ledger-state.missing": "there is none",

  "outcome.staged": "staged",
  "outcome.already-staged": "staged before",
  "outcome.acknowledged": "confirmed by the centre",
  "outcome.quarantined": "in quarantine",
  "outcome.failed": "not read",

  "verdict.safe.name": "at the centre",
  "verdict.safe.what": "The centre has the batch, or its signed confirmation is held.",
  "verdict.safe.do": "Nothing is to be done.",
  "verdict.to-upload.name": "to upload",
  "verdict.to-upload.what": "The batch is staged here and has not reached the centre.",
  "verdict.to-upload.do": "Send it onward once there is a network.",
  "verdict.on-tablet-only.name": "on the tablet only",
  "verdict.on-tablet-only.what": "The batch was seen on the tablet and is nowhere else.",
  "verdict.on-tablet-only.do": "Plug the tablet in and unload it.",
  "verdict.missing.name": "missing",
  "verdict.missing.what":
    "The batch is in the ledger, but on no tablet, at no station and not at the centre.",
  "verdict.missing.do": "Find out where it is: ask for the tablet and for every carrier it was copied to.",
  "verdict.damaged.name": "damaged here",
  "verdict.damaged.what": "The batch was saved at this station, but its files here are no longer whole.",
  "verdict.damaged.do": "Unload the tablet again, or bring the batch from a backup or a carrier.",
  "verdict.revoked.name": "may not be sent",
  "verdict.revoked.what":
    "The batch is saved here, but its signer’s certificate was revoked or belongs to another campaign, so it is not sent.",
  "verdict.revoked.do": "Decide with the auditor; the batch itself stays here.",
  "verdict.conflict.name": "conflict",
  "verdict.conflict.what": "Two different batches have this number.",
  "verdict.conflict.do": "Decide with the auditor which one counts; both are kept.",
  "verdict.refused.name": "refused",
  "verdict.refused.what": "The batch lies in quarantine.",
  "verdict.refused.do": "Look at its reason in the quarantine.",
  "verdict.lost-in-vpn.name": "lost in the VPN",
  "verdict.lost-in-vpn.what":
    "The tablet had marked the batch as sent, but the centre lacked it; it was uploaded from here.",
  "verdict.lost-in-vpn.do": "Tell the auditor; the batch itself is at the centre now.",

  "tablet-state.pending": "not sent",
  "tablet-state.sent": "marked as sent",
  "tablet-state.acknowledged": "confirmed by the centre",
  "tablet-state.unloaded": "receipt on the tablet",
  "station-state.staged": "staged",
  "station-state.damaged": "damaged",
  "station-state.quarantined": "in quarantine",
  "centre-state.accepted": "accepted",
  "centre-state.conflict": "conflict",

  "phase.connecting": "connecting",
  "phase.reading-ledger": "reading the ledger",
  "phase.reading-manifests": "reading the manifests",
  "phase.pulling": "pulling",
  "phase.writing-receipt": "writing the receipt",
  "phase.safe-to-unplug": "safe to unplug",
  "phase.needs-person": "needs you",
  "phase.interrupted": "interrupted",
  "phase.cannot-use": "cannot be used",

  "link.unplugged.what": "The tablet is not on the cable any more.",
  "link.unplugged.do": "Plug it in again: unloading goes on from where it stopped.",
  "link.not-answering.what": "The tablet stopped answering.",
  "link.not-answering.do":
    "Unplug it, unlock its screen and plug it in again; restart it if that does not help.",
  "link.busy.what":
    "{holder, select, null {Another program holds the tablet.} other {The program “{holder}” holds the tablet.}}",
  "link.busy.do":
    "Close file managers and photo programs, stop adb (adb kill-server), then plug the tablet in again.",
  "link.held-by-system.what": "The operating system’s own driver holds the tablet.",
  "link.held-by-system.do":
    "Have the administrator install the WinUSB driver for the tablet (Windows) or close the program that imports pictures (macOS); or copy the outbox and unload it as a folder.",
  "link.no-permission.what": "This user may not open the tablet.",
  "link.no-permission.do":
    "Have the administrator copy 70-sanaq-unload.rules to /etc/udev/rules.d and run udevadm control --reload, then plug the tablet in again.",
  "link.no-storage.what": "The tablet is locked or set to “charging only” and shows no files.",
  "link.no-storage.do": "Unlock it, pull down the status bar, tap the USB line and choose “File transfer”.",
  "link.no-outbox.what": "There is no outbox here: {path}.",
  "link.no-outbox.do":
    "Check the path, or that the tablet has the census program and the campaign loaded here names the right outbox.",
  "link.inside-outbox.what": "This folder is only a part of an outbox: {path}.",
  "link.inside-outbox.do": "Choose the folder that it lies in: {outbox}.",
  "link.lost-sync.what": "The talk with the tablet lost its thread ({detail}).",
  "link.lost-sync.do": "Plug the tablet in again: unloading goes on from where it stopped.",
  "link.refused.what": "The tablet refused the request ({code}).",
  "link.refused.do": "Unlock the tablet’s screen and plug it in again; if it refuses once more, restart it.",
  "link.too-many-files.what": "The outbox holds more than {limit, number} names, so its list was not taken.",
  "link.too-many-files.do": "Set the tablet aside and tell the auditor.",
  "link.read-only.what": "The tablet does not allow writing, so the receipt is not on it.",
  "link.read-only.do":
    "The batches are safe at the station; unlock the tablet and plug it in again for the receipt.",
  "link.full.what": "The tablet’s storage is full, so the receipt is not on it.",
  "link.full.do":
    "The batches are safe at the station; free some space outside the outbox and plug the tablet in again for the receipt.",
  "link.exists.what": "A file with the receipt’s name is on the tablet already and was not overwritten.",
  "link.exists.do": "Set the tablet aside and tell the auditor.",
  "link.changed.what": "A file changed while it was being read: {path}.",
  "link.changed.do": "Close the census program on the tablet and plug it in again.",
  "failure.disk.what":
    "{code, select, ENOSPC {The disk of the workstation is full.} EROFS {The disk is read-only: {path}.} EACCES {This user may not open {path}.} EPERM {This user may not open {path}.} ENOENT {There is no such file or folder: {path}.} ENOTDIR {This is not a folder: {path}.} SQLITE_BUSY {The store is used by another program: {path}.} NOT_A_FILE {This is not a file, but a device or a pipe: {path}.} other {The disk failed ({code}): {path}.}}",
  "failure.disk.do":
    "{code, select, ENOSPC {Free some space and run it again: nothing is lost.} EROFS {Choose a place that can be written to, and run it again.} EACCES {Ask the administrator for access, and run it again.} EPERM {Ask the administrator for access, and run it again.} ENOENT {Check the path and run it again.} ENOTDIR {Check the path and run it again.} SQLITE_BUSY {Close the other program, a database viewer for example, and run it again: nothing is lost.} NOT_A_FILE {Name the file itself, and run it again.} other {Check the disk and run it again: nothing is lost.}}",
  "failure.cancelled.what": "The work was stopped.",
  "failure.cancelled.do": "Nothing is lost: run it again, and it goes on from where it stopped.",

  "centre.unreachable.what": "The centre cannot be reached ({code}).",
  "centre.unreachable.do": "Check the network and the address, then send again: nothing is lost.",
  "centre.busy.what":
    "{code, select, 53100 {The disk of the centre is full.} 53300 {The centre has no connection left.} 25006 {The centre is read-only for now.} other {The centre is busy ({code}).}}",
  "centre.busy.do":
    "{code, select, 53100 {Tell the centre’s administrator, then send again: nothing is lost.} other {Send again in a few minutes: nothing is lost.}}",
  "centre.refused.what": "The centre refused ({code}): {detail}.",
  "centre.refused.do": "Show this message to the centre’s administrator, then send again.",
  "centre.wrong-schema.what":
    "{found, select, null {The database at this address is not a census database.} other {The census database has schema version {found}, and this program needs {wanted}.}}",
  "centre.wrong-schema.do": "Check the address with the centre’s administrator; nothing was sent.",
  "centre.batch-refused.what": "The centre refused batch {seq} ({code}).",
  "centre.batch-refused.do":
    "Show this message to the centre’s administrator; the other batches are sent all the same.",
  "centre.body-changed.what":
    "The staged file of batch {seq} is not what was staged: it changed on the disk.",
  "centre.body-changed.do":
    "Check the disk, tell the auditor, and unload the tablet again if it is still there.",

  "centre.tls.no-tls.what": "The server at this address offers no protected connection.",
  "centre.tls.no-tls.do": "Check the address with the centre’s administrator; nothing was sent.",
  "centre.tls.server-expired.what": "The certificate of the centre’s server has expired.",
  "centre.tls.server-expired.do":
    "Tell the centre’s administrator, and check the clock of this workstation; nothing was sent.",
  "centre.tls.server-not-yet-valid.what": "The certificate of the centre’s server is not valid yet.",
  "centre.tls.server-not-yet-valid.do": "Check the clock of this workstation; nothing was sent.",
  "centre.tls.server-other-host.what":
    "The server’s certificate was issued for another host than the one in the address.",
  "centre.tls.server-other-host.do": "Check the address with the centre’s administrator; nothing was sent.",
  "centre.tls.server-unknown-authority.what":
    "The server’s certificate is signed by an authority that is not trusted here.",
  "centre.tls.server-unknown-authority.do":
    "Check the file named by sslrootcert with the centre’s administrator; nothing was sent.",
  "centre.tls.server-revoked.what": "The certificate of the centre’s server was revoked.",
  "centre.tls.server-revoked.do": "Tell the centre’s administrator; nothing was sent.",
  "centre.tls.server-unknown-revocation.what":
    "The revocation list named by sslcrl is out of date or lacks an authority.",
  "centre.tls.server-unknown-revocation.do":
    "Get a fresh list from the centre’s administrator; nothing was sent.",
  "centre.tls.client-missing.what": "The centre wants this station’s certificate, and none was given.",
  "centre.tls.client-missing.do": "Name the certificate and its key in the address (sslcert, sslkey).",
  "centre.tls.client-expired.what": "This station’s certificate for the centre has expired.",
  "centre.tls.client-expired.do": "Ask the centre’s administrator for a new one; nothing was sent.",
  "centre.tls.client-revoked.what": "This station’s certificate for the centre was revoked.",
  "centre.tls.client-revoked.do": "Ask the centre’s administrator; nothing was sent.",
  "centre.tls.client-unknown-authority.what":
    "The centre does not trust the authority that signed this station’s certificate.",
  "centre.tls.client-unknown-authority.do":
    "Check the file named by sslcert with the centre’s administrator.",
  "centre.tls.client-other-user.what":
    "This station’s certificate belongs to another user than the one in the address.",
  "centre.tls.client-other-user.do": "Check the user’s name and the file named by sslcert.",
  "centre.tls.client-refused.what": "The centre refused this station’s certificate.",
  "centre.tls.client-refused.do": "Check the file named by sslcert with the centre’s administrator.",
  "centre.tls.bad-file.what":
    "The file named by {detail} in the address cannot be read or holds something else.",
  "centre.tls.bad-file.do": "Check the path, the rights and the content (PEM) of the file.",
  "centre.tls.key-not-private.what":
    "The key’s file named by {detail} may be read by other users of this computer.",
  "centre.tls.key-not-private.do": "Give it to its owner alone (chmod 600) and send again.",
  "centre.tls.handshake.what": "No protected connection to the centre could be made ({detail}).",
  "centre.tls.handshake.do": "Show this message to the centre’s administrator; nothing was sent.",
  "centre.address.not-postgres.what": "The centre’s address begins with postgres:// or postgresql://.",
  "centre.address.not-postgres.do": "Write it as postgresql://USER@HOST/DATABASE.",
  "centre.address.unknown-parameter.what":
    "{parameter, select, null {The centre’s address has a parameter that this program does not know.} other {The centre’s address has a parameter that this program does not know: {parameter}.}}",
  "centre.address.unknown-parameter.do": "Leave it out; write special characters of a password as %-codes.",
  "centre.address.unknown-mode.what":
    "The centre’s address asks for a kind of protection that does not exist ({parameter}).",
  "centre.address.unknown-mode.do": "Write sslmode=verify-full.",
  "centre.address.unprotected.what":
    "The centre’s address asks for an unprotected connection to another computer ({parameter}).",
  "centre.address.unprotected.do":
    "Write sslmode=verify-full: batches leave this computer only over a protected connection.",
  "centre.address.half-a-certificate.what":
    "The centre’s address names a certificate without its key, or a key without its certificate: {parameter} is missing.",
  "centre.address.half-a-certificate.do": "Name both files: sslcert and sslkey.",

  "misuse.no-campaign.what": "No campaign is loaded at this station.",
  "misuse.no-campaign.do": "Load the campaign folder.",
  "misuse.no-station.what": "This station has no key yet.",
  "misuse.no-station.do": "Make the station’s key and have its certificate request signed.",
  "misuse.no-station-certificate.what": "This station has no certificate yet.",
  "misuse.no-station-certificate.do": "Take the certificate that was issued on the station’s request.",
  "misuse.station-exists.what": "This station has a key already: {station}.",
  "misuse.station-exists.do": "Go on with it; a new station needs a store of its own.",
  "misuse.wrong-passphrase.what": "The passphrase does not open the station’s key.",
  "misuse.wrong-passphrase.do": "Give the right one; it was chosen when the key was made.",
  "misuse.bad-certificate.what": "The station’s certificate cannot be used: {why}.",
  "misuse.bad-certificate.do": "Ask for the certificate that was issued on this station’s request.",
  "misuse.clock-outside-certificate.what":
    "The computer’s clock shows {now}; the station’s certificate holds from {notBefore} to {notAfter}.",
  "misuse.clock-outside-certificate.do":
    "Set the clock right; if it is right, ask for a new certificate; until then tablets are unloaded without receipts.",
  "misuse.bad-campaign.what": "The campaign folder cannot be used: {file}: {why}.",
  "misuse.bad-campaign.do": "Ask for a whole campaign folder; what was loaded before stays in force.",
  "misuse.no-unloading.what": "Nothing was unloaded here from tablet {device}.",
  "misuse.no-unloading.do": "Unload the tablet first, then make the act.",
  "misuse.not-an-act.what": "This is not a hand-over act, and holds no code of one.",
  "misuse.not-an-act.do": "Give the act’s PDF file, or the text of its QR code.",
  "misuse.held-place.what":
    "{path} lies in {what, select, store {a store} backup {a backup of a store} bag {a station’s bag} other {a tablet’s outbox}}, {folder}: nothing else may be written there.",
  "misuse.held-place.do": "Choose another place.",
  "certificate-fault.not-two-certificates":
    "the file has to hold the certificate followed by that of its issuer",
  "certificate-fault.not-a-certificate": "the file holds no certificate with an Ed25519 key",
  "certificate-fault.other-key": "it was issued for another key",
  "certificate-fault.other-station": "it was issued for another station",
  "campaign-fault.missing": "it is missing or larger than it may be",
  "campaign-fault.not-json": "it is not JSON",
  "campaign-fault.not-a-root": "it is not one self-signed Ed25519 root certificate",
  "campaign-fault.not-a-crl": "it is not a list of revoked certificates signed with Ed25519",
  "campaign-fault.field": "the field {field} is missing or wrong",

  "store.owned.what": "Another process works with this store{holder, select, null {} other { ({holder})}}.",
  "store.owner": "process {pid} on {host}, since {since}",
  "store.owned.do": "Close the other program, or wait until it has finished.",
  "store.newer-store.what":
    "The store was written by a newer version of this program (version {found}, here {known}).",
  "store.newer-store.do": "Use the newer version; the store was not touched.",
  "store.damaged.what": "The store is damaged ({code}).",
  "store.damaged.do": "Do not work with it any further; keep it as it is and report it to support.",

  "count.batches": "{count, plural, one {# batch} other {# batches}}",
  "count.tablets": "{count, plural, one {# tablet} other {# tablets}}",
  "count.staged": "{count, number} staged",
  "count.already-staged": "{count, number} staged before",
  "count.acknowledged": "{count, number} confirmed by the centre",
  "count.quarantined": "{count, number} in quarantine",
  "count.failed": "{count, number} not read",
  ...carry.en,
};
