import { carry } from "./carry.ts";
import type { Messages } from "./keys.ts";

export const ru: Messages = {
  "what-to-do": "Что делать: {text}",
  "batch-numbers": "{count, plural, =1 {пакет № {batches}} other {пакеты № {batches}}}",

  "reason.malformed.name": "не по формату переписи",
  "reason.malformed.what":
    "Файл пакета не соответствует формату переписи, поэтому полагаться на его содержание нельзя.",
  "reason.malformed.do":
    "Сохраните планшет и сообщите о пакете в службу поддержки; с планшета ничего не удаляется.",
  "reason.signature-invalid.name": "подпись недействительна",
  "reason.signature-invalid.what":
    "Подпись не соответствует пакету: после подписания он был изменён или повреждён.",
  "reason.signature-invalid.do":
    "Подключите планшет ещё раз; если пакет снова отклонён, отложите планшет и сообщите аудитору.",
  "reason.certificate-untrusted.name": "нет доверия к сертификату",
  "reason.certificate-untrusted.what":
    "Сертификат, которым подписан пакет, не ведёт к корневому сертификату этой кампании либо выдан не этому планшету или не этой области.",
  "reason.certificate-untrusted.do":
    "Проверьте, та ли папка кампании загружена; если та, отложите планшет и сообщите аудитору.",
  "reason.certificate-expired.name": "сертификат вне срока действия",
  "reason.certificate-expired.what": "В момент выгрузки срок действия сертификата не наступил или уже истёк.",
  "reason.certificate-expired.do":
    "Проверьте дату и время рабочей станции; если они верны, загрузите обновлённую папку кампании и проверьте карантин заново.",
  "reason.certificate-revoked.name": "сертификат отозван",
  "reason.certificate-revoked.what": "Сертификат планшета или того, кто его выдал, отозван.",
  "reason.certificate-revoked.do": "Отложите планшет и сообщите аудитору; в работу его не возвращайте.",
  "reason.wrong-device.name": "от другого планшета",
  "reason.wrong-device.what": "Пакет подписан не тем планшетом, чей журнал лежит рядом.",
  "reason.wrong-device.do":
    "Выясните, как сюда попали файлы другого планшета, и проведите выгрузку с него самого.",
  "reason.wrong-campaign.name": "от другой кампании",
  "reason.wrong-campaign.what": "Пакет относится к другой кампании или создан вне её сроков.",
  "reason.wrong-campaign.do":
    "Проверьте, какая кампания загружена здесь и какая дата на планшете, затем сообщите аудитору.",
  "reason.unknown-schema.name": "неизвестная версия переписного листа",
  "reason.unknown-schema.what": "Пакет создан по переписному листу, которого в этой кампании нет.",
  "reason.unknown-schema.do": "Загрузите последнюю папку кампании и проверьте карантин заново.",
  "reason.central-not-recipient.name": "зашифрован не для центра",
  "reason.central-not-recipient.what": "Пакет зашифрован не для центра: центр не сможет его открыть.",
  "reason.central-not-recipient.do":
    "Сохраните планшет и сообщите в службу поддержки: пакет нужно создать заново.",
  "reason.body-missing.name": "нет файла пакета",
  "reason.body-missing.what": "Манифест есть, а файла с переписными листами нет.",
  "reason.body-missing.do":
    "Подключите планшет ещё раз; если файла по-прежнему нет, сохраните планшет и сообщите аудитору.",
  "reason.length-mismatch.name": "не совпадает длина",
  "reason.length-mismatch.what": "Длина файла пакета не та, что указана в манифесте.",
  "reason.length-mismatch.do":
    "Подключите планшет ещё раз, и файл будет прочитан заново; если пакет снова отклонён, сообщите аудитору.",
  "reason.chunk-mismatch.name": "не совпадает содержание",
  "reason.chunk-mismatch.what": "Часть файла пакета отличается от того, что подписал планшет.",
  "reason.chunk-mismatch.do":
    "Подключите планшет ещё раз, и эта часть будет прочитана заново; если пакет снова отклонён, сообщите аудитору.",
  "reason.not-age.name": "зашифрован не так, как требуется",
  "reason.not-age.what": "Файл пакета зашифрован не тем способом, который требуется.",
  "reason.not-age.do": "Сохраните планшет и сообщите о пакете в службу поддержки.",
  "reason.previous-mismatch.name": "не продолжает предыдущий",
  "reason.previous-mismatch.what": "Пакет не продолжает предыдущий пакет цепочки.",
  "reason.previous-mismatch.do":
    "Выгрузите всё, что есть от этого планшета, включая карты и электронные носители, и проверьте карантин заново; если пакет снова отклонён, сообщите аудитору.",
  "reason.conflict.name": "конфликт",
  "reason.conflict.what":
    "На станции уже сохранён другой пакет этого планшета с тем же номером; оба оставлены.",
  "reason.conflict.do": "Сообщите аудитору об обоих: какой из них верный, решает человек.",
  "reason.ledger-mismatch.name": "расходится с журналом планшета",
  "reason.ledger-mismatch.what": "Найден не тот пакет, который указан в журнале планшета под этим номером.",
  "reason.ledger-mismatch.do": "Сохраните планшет и сообщите аудитору.",
  "reason.io.name": "не удалось прочитать",
  "reason.io.what": "Во время чтения пакета произошёл сбой шнура, планшета или диска.",
  "reason.io.do": "Подключите планшет ещё раз: выгрузка продолжится с того места, где остановилась.",

  "finding.gap.name": "пропуск",
  "finding.gap.what":
    "{count, plural, =1 {Пакет № {batches} указан} other {Пакеты № {batches} указаны}} в журнале, но {count, plural, =1 {его} other {их}} нет ни на планшете, ни на станции, и центр {count, plural, =1 {его} other {их}} не подтвердил.",
  "finding.gap.do": "Не возвращайте планшет; вместе с аудитором выясните, где отсутствующие пакеты.",
  "finding.gap.more":
    "{count, plural, one {Отсутствует ещё # пакет.} few {Отсутствуют ещё # пакета.} many {Отсутствуют ещё # пакетов.} other {Отсутствует ещё # пакета.}}",
  "finding.fork.name": "раздвоение",
  "finding.fork.what": "На одно место в цепочке претендуют два разных пакета (№ {batches}).",
  "finding.fork.do": "Сообщите аудитору: возможно, планшет скопировали или восстановили из копии.",
  "finding.ledger-rollback.name": "журнал старее прежнего",
  "finding.ledger-rollback.what":
    "Планшет предъявил журнал старее уже виденного или другой журнал под тем же номером.",
  "finding.ledger-rollback.do":
    "Выясните, не восстанавливали ли планшет и не подменили ли его, и сообщите аудитору.",
  "finding.ledger-invalid.name": "журнал не принят",
  "finding.ledger-invalid.what":
    "Журнал планшета не принят ({reason}); пакеты, верные сами по себе, сохранены, но ничто не доказывает, что это все пакеты.",
  "finding.ledger-invalid.do": "Не возвращайте планшет; сообщите аудитору.",
  "finding.unsealed.name": "записи, не вошедшие в пакет",
  "finding.unsealed.what":
    "На планшете {count, plural, one {есть # переписной лист, не вошедший} few {есть # переписных листа, не вошедших} many {есть # переписных листов, не вошедших} other {есть # переписного листа, не вошедших}} ни в один пакет; по кабелю {count, plural, one {его} few {их} many {их} other {их}} не получить.",
  "finding.unsealed.do":
    "Закройте переписной лист на планшете, дождитесь, пока он создаст пакет, и подключите планшет ещё раз.",
  "finding.head-lowered.name": "пакетов меньше прежнего",
  "finding.head-lowered.what":
    "Журнал планшета кончается раньше уже виденного: последних пакетов в нём больше нет.",
  "finding.head-lowered.do":
    "Не возвращайте планшет; вместе с аудитором выясните, не восстановили ли его из копии.",
  "finding.chain-forgotten.name": "прежняя цепочка забыта",
  "finding.chain-forgotten.what":
    "Планшет больше не называет прежнюю цепочку своих пакетов ({chain}), в которой ещё есть отсутствующие, отклонённые или повреждённые пакеты.",
  "finding.chain-forgotten.do": "Не возвращайте планшет; вместе с аудитором выясните, не сбросили ли его.",
  "finding.damaged.name": "повреждён на этой станции",
  "finding.damaged.what":
    "{count, plural, =1 {Пакет № {batches} был} other {Пакеты № {batches} были}} сохранён{count, plural, =1 {} other {ы}} здесь раньше, но файлы больше не целы, и планшет не смог отдать {count, plural, =1 {его} other {их}} снова.",
  "finding.damaged.do":
    "Не возвращайте планшет; скажите администратору проверить диск этой рабочей станции и резервные копии.",
  "finding.not-listed.name": "нет в журнале",
  "finding.not-listed.what":
    "{count, plural, =1 {Пакет № {batches} есть} other {Пакеты № {batches} есть}} на планшете, но в журнале планшета {count, plural, =1 {он не указан} other {они не указаны}}.",
  "finding.not-listed.do": "Сообщите аудитору; пакет всё равно не пропадёт.",
  "finding.growing.name": "ещё создаётся",
  "finding.growing.what":
    "У {count, plural, =1 {пакета} other {пакетов}} № {batches} нет манифеста: планшет ещё создаёт {count, plural, =1 {его} other {их}} или не довёл дело до конца.",
  "finding.growing.do":
    "Закройте переписной лист на планшете, дождитесь готовности пакета и подключите планшет ещё раз.",
  "finding.crl-stale.name": "устарел список отозванных сертификатов",
  "finding.crl-stale.what": "Нет свежего списка отозванных сертификатов от {issuer}, поэтому отправка ждёт.",
  "finding.crl-stale.do": "Загрузите папку кампании со свежим списком.",
  "finding.unlisted.name": "посторонний файл",
  "finding.unlisted.what": "В папке исходящих пакетов лежит посторонний файл или папка: {name}.",
  "finding.unlisted.do": "Его не открывали; выясните, кто и зачем его туда положил.",
  "finding.clock-skew.name": "часы расходятся",
  "finding.clock-skew.what":
    "{of, select, ledger {По часам рабочей станции, журнал создан в будущем, через {difference}.} other {{ahead, select, yes {Часы планшета спешат на {difference}.} other {Часы планшета отстают на {difference}.}}}}",
  "finding.clock-skew.do":
    "Состояние пакетов от часов не зависит; установите на планшете верные дату и время.",
  "finding.false-ack.name": "подтверждение недействительно",
  "finding.false-ack.what":
    "По журналу центр подтвердил {count, plural, =1 {пакет} other {пакеты}} № {batches}, но подтверждение недействительно; {count, plural, =1 {пакет считается} other {пакеты считаются}} лишь {count, plural, =1 {отправленным} other {отправленными}}.",
  "finding.false-ack.do": "Сообщите аудитору.",

  "ledger-state.ok": "в порядке",
  "ledger-state.rollback": "старее прежнего",
  "ledger-state.missing": "его нет",

  "outcome.staged": "сохранён на станции",
  "outcome.already-staged": "сохранён ранее",
  "outcome.acknowledged": "подтверждён центром",
  "outcome.quarantined": "в карантине",
  "outcome.failed": "не прочитан",

  "verdict.safe.name": "в центре",
  "verdict.safe.what": "Пакет есть в центре, или имеется подписанное подтверждение центра.",
  "verdict.safe.do": "Делать ничего не нужно.",
  "verdict.to-upload.name": "к отправке",
  "verdict.to-upload.what": "Пакет сохранён на станции, в центр ещё не поступил.",
  "verdict.to-upload.do": "Отправьте его, когда появится сеть.",
  "verdict.on-tablet-only.name": "только на планшете",
  "verdict.on-tablet-only.what": "Пакет видели на планшете, больше его нет нигде.",
  "verdict.on-tablet-only.do": "Подключите планшет и выгрузите пакет.",
  "verdict.missing.name": "отсутствует",
  "verdict.missing.what": "Пакет указан в журнале, но его нет ни на планшете, ни на станции, ни в центре.",
  "verdict.missing.do":
    "Выясните, где он: запросите планшет и все электронные носители, куда его копировали.",
  "verdict.damaged.name": "повреждён здесь",
  "verdict.damaged.what": "Пакет сохранён на этой станции, но его файлы здесь больше не целы.",
  "verdict.damaged.do": "Выгрузите планшет ещё раз или возьмите пакет из резервной копии либо с носителя.",
  "verdict.revoked.name": "отправлять нельзя",
  "verdict.revoked.what":
    "Пакет сохранён здесь, но сертификат подписавшего отозван или относится к другой кампании, поэтому он не отправляется.",
  "verdict.revoked.do": "Решите вместе с аудитором; сам пакет остаётся здесь.",
  "verdict.conflict.name": "конфликт",
  "verdict.conflict.what": "Под этим номером есть два разных пакета.",
  "verdict.conflict.do": "Вместе с аудитором решите, какой из них верный; оба сохранены.",
  "verdict.refused.name": "отклонён",
  "verdict.refused.what": "Пакет лежит в карантине.",
  "verdict.refused.do": "Посмотрите причину в карантине.",
  "verdict.lost-in-vpn.name": "утерян в VPN",
  "verdict.lost-in-vpn.what":
    "На планшете стояла отметка об отправке, но в центре пакета не было; он отправлен отсюда.",
  "verdict.lost-in-vpn.do": "Сообщите аудитору; сам пакет теперь в центре.",

  "tablet-state.pending": "не отправлен",
  "tablet-state.sent": "есть отметка об отправке",
  "tablet-state.acknowledged": "подтверждён центром",
  "tablet-state.unloaded": "есть квитанция",
  "station-state.staged": "сохранён",
  "station-state.damaged": "повреждён",
  "station-state.quarantined": "в карантине",
  "centre-state.accepted": "принят",
  "centre-state.conflict": "конфликт",

  "phase.connecting": "подключение",
  "phase.reading-ledger": "чтение журнала",
  "phase.reading-manifests": "чтение манифестов",
  "phase.pulling": "выгрузка",
  "phase.writing-receipt": "запись квитанции",
  "phase.safe-to-unplug": "можно отключать",
  "phase.needs-person": "требует внимания",
  "phase.interrupted": "прервано",
  "phase.cannot-use": "использовать нельзя",

  "link.unplugged.what": "Планшет больше не подключён.",
  "link.unplugged.do": "Подключите его снова: выгрузка продолжится с того места, где остановилась.",
  "link.not-answering.what": "Планшет перестал отвечать.",
  "link.not-answering.do":
    "Отсоедините шнур, разблокируйте экран и подключите планшет снова; если не помогло, перезагрузите его.",
  "link.busy.what":
    "{holder, select, null {Планшет занят другой программой.} other {Планшет занят программой «{holder}».}}",
  "link.busy.do":
    "Закройте проводники файлов и программы для фотографий, остановите adb (adb kill-server) и подключите планшет снова.",
  "link.held-by-system.what": "Планшет занят драйвером самой операционной системы.",
  "link.held-by-system.do":
    "Попросите администратора установить для планшета драйвер WinUSB (Windows) или закройте программу импорта снимков (macOS); либо скопируйте папку исходящих пакетов и проведите выгрузку из неё.",
  "link.no-permission.what": "У этого пользователя нет права открывать планшет.",
  "link.no-permission.do":
    "Попросите администратора скопировать 70-sanaq-unload.rules в /etc/udev/rules.d и выполнить udevadm control --reload, затем подключите планшет снова.",
  "link.no-storage.what": "Планшет заблокирован или стоит в режиме «Только зарядка» и не показывает файлы.",
  "link.no-storage.do":
    "Разблокируйте экран, потяните вниз строку состояния, нажмите строку USB и выберите «Передача файлов».",
  "link.no-outbox.what": "Здесь нет папки исходящих пакетов: {path}.",
  "link.no-outbox.do":
    "Проверьте путь либо установлена ли на планшете программа переписи и верно ли указана папка в загруженной кампании.",
  "link.inside-outbox.what": "Это только часть папки исходящих пакетов: {path}.",
  "link.inside-outbox.do": "Выберите папку, в которой она лежит: {outbox}.",
  "link.lost-sync.what": "Обмен с планшетом сбился ({detail}).",
  "link.lost-sync.do": "Подключите планшет снова: выгрузка продолжится с того места, где остановилась.",
  "link.refused.what": "Планшет отказал в запросе ({code}).",
  "link.refused.do":
    "Разблокируйте экран планшета и подключите его снова; при повторном отказе перезагрузите планшет.",
  "link.too-many-files.what":
    "В папке исходящих пакетов больше {limit, number} имён, поэтому её список не принят.",
  "link.too-many-files.do": "Отложите планшет и сообщите аудитору.",
  "link.read-only.what": "Планшет не разрешает запись, поэтому квитанции на нём нет.",
  "link.read-only.do":
    "Пакеты уже в сохранности на станции; разблокируйте планшет и подключите его снова, чтобы записать квитанцию.",
  "link.full.what": "Память планшета заполнена, поэтому квитанции на нём нет.",
  "link.full.do":
    "Пакеты уже в сохранности на станции; освободите место вне папки исходящих пакетов и подключите планшет снова, чтобы записать квитанцию.",
  "link.exists.what": "На планшете уже есть файл с именем квитанции; он не был перезаписан.",
  "link.exists.do": "Отложите планшет и сообщите аудитору.",
  "link.changed.what": "Файл изменился во время чтения: {path}.",
  "link.changed.do": "Закройте программу переписи на планшете и подключите его снова.",
  "failure.disk.what":
    "{code, select, ENOSPC {Диск рабочей станции заполнен.} EROFS {Диск доступен только для чтения: {path}.} EACCES {У этого пользователя нет доступа: {path}.} EPERM {У этого пользователя нет доступа: {path}.} ENOENT {Нет такого файла или папки: {path}.} ENOTDIR {Это не папка: {path}.} SQLITE_BUSY {Хранилищем пользуется другая программа: {path}.} NOT_A_FILE {Это не файл, а устройство или канал: {path}.} other {Сбой диска ({code}): {path}.}}",
  "failure.disk.do":
    "{code, select, ENOSPC {Освободите место и запустите снова: ничего не потеряно.} EROFS {Выберите место, доступное для записи, и запустите снова.} EACCES {Попросите администратора дать доступ и запустите снова.} EPERM {Попросите администратора дать доступ и запустите снова.} ENOENT {Проверьте путь и запустите снова.} ENOTDIR {Проверьте путь и запустите снова.} SQLITE_BUSY {Закройте другую программу, например просмотр баз данных, и запустите снова: ничего не потеряно.} NOT_A_FILE {Укажите сам файл и запустите снова.} other {Проверьте диск и запустите снова: ничего не потеряно.}}",
  "failure.cancelled.what": "Работа остановлена.",
  "failure.cancelled.do":
    "Ничего не потеряно: запустите снова, и работа продолжится с того места, где остановилась.",

  "centre.unreachable.what": "Центр недоступен ({code}).",
  "centre.unreachable.do": "Проверьте сеть и адрес и отправьте снова: ничего не потеряно.",
  "centre.busy.what":
    "{code, select, 53100 {Диск центра заполнен.} 53300 {У центра не осталось свободных соединений.} 25006 {Центр сейчас доступен только для чтения.} other {Центр занят ({code}).}}",
  "centre.busy.do":
    "{code, select, 53100 {Сообщите администратору центра, затем отправьте снова: ничего не потеряно.} other {Отправьте снова через несколько минут: ничего не потеряно.}}",
  "centre.refused.what": "Центр отказал ({code}): {detail}.",
  "centre.refused.do": "Покажите это сообщение администратору центра, затем отправьте снова.",
  "centre.wrong-schema.what":
    "{found, select, null {По этому адресу нет базы данных переписи населения.} other {Версия схемы базы данных переписи населения — {found}, а программе нужна {wanted}.}}",
  "centre.wrong-schema.do": "Проверьте адрес вместе с администратором центра; ничего не отправлено.",
  "centre.batch-refused.what": "Центр отклонил пакет № {seq} ({code}).",
  "centre.batch-refused.do":
    "Покажите это сообщение администратору центра; остальные пакеты всё равно отправляются.",
  "centre.body-changed.what": "Сохранённый файл пакета № {seq} изменился на диске.",
  "centre.body-changed.do":
    "Проверьте диск, сообщите аудитору и, если планшет ещё здесь, проведите выгрузку с него заново.",

  "centre.tls.no-tls.what": "Сервер по этому адресу не предлагает защищённого соединения.",
  "centre.tls.no-tls.do": "Проверьте адрес вместе с администратором центра; ничего не отправлено.",
  "centre.tls.server-expired.what": "Срок действия сертификата сервера центра истёк.",
  "centre.tls.server-expired.do":
    "Сообщите администратору центра и проверьте часы этой рабочей станции; ничего не отправлено.",
  "centre.tls.server-not-yet-valid.what": "Сертификат сервера центра ещё не действует.",
  "centre.tls.server-not-yet-valid.do": "Проверьте часы этой рабочей станции; ничего не отправлено.",
  "centre.tls.server-other-host.what": "Сертификат сервера выдан на другое имя, чем указано в адресе.",
  "centre.tls.server-other-host.do": "Проверьте адрес вместе с администратором центра; ничего не отправлено.",
  "centre.tls.server-unknown-authority.what":
    "Сертификат сервера подписан центром сертификации, которому здесь не доверяют.",
  "centre.tls.server-unknown-authority.do":
    "Проверьте файл, указанный в sslrootcert, вместе с администратором центра; ничего не отправлено.",
  "centre.tls.server-revoked.what": "Сертификат сервера центра отозван.",
  "centre.tls.server-revoked.do": "Сообщите администратору центра; ничего не отправлено.",
  "centre.tls.server-unknown-revocation.what":
    "Список отозванных сертификатов, указанный в sslcrl, устарел или неполон.",
  "centre.tls.server-unknown-revocation.do":
    "Возьмите свежий список у администратора центра; ничего не отправлено.",
  "centre.tls.client-missing.what": "Центр требует сертификат этой станции, а он не указан.",
  "centre.tls.client-missing.do": "Укажите в адресе сертификат и его ключ (sslcert, sslkey).",
  "centre.tls.client-expired.what": "Срок действия сертификата этой станции для центра истёк.",
  "centre.tls.client-expired.do": "Запросите новый у администратора центра; ничего не отправлено.",
  "centre.tls.client-revoked.what": "Сертификат этой станции для центра отозван.",
  "centre.tls.client-revoked.do": "Обратитесь к администратору центра; ничего не отправлено.",
  "centre.tls.client-unknown-authority.what": "Центр не доверяет тому, кто подписал сертификат этой станции.",
  "centre.tls.client-unknown-authority.do":
    "Проверьте файл, указанный в sslcert, вместе с администратором центра.",
  "centre.tls.client-other-user.what":
    "Сертификат этой станции выдан на другого пользователя, чем указан в адресе.",
  "centre.tls.client-other-user.do": "Проверьте имя пользователя и файл, указанный в sslcert.",
  "centre.tls.client-refused.what": "Центр отклонил сертификат этой станции.",
  "centre.tls.client-refused.do": "Проверьте файл, указанный в sslcert, вместе с администратором центра.",
  "centre.tls.bad-file.what": "Файл, указанный в адресе как {detail}, не читается или содержит не то.",
  "centre.tls.bad-file.do": "Проверьте путь, права и содержание файла (PEM).",
  "centre.tls.key-not-private.what":
    "Файл ключа, указанный как {detail}, могут читать другие пользователи этого компьютера.",
  "centre.tls.key-not-private.do": "Оставьте доступ только владельцу (chmod 600) и отправьте снова.",
  "centre.tls.handshake.what": "Защищённое соединение с центром не установлено ({detail}).",
  "centre.tls.handshake.do": "Покажите это сообщение администратору центра; ничего не отправлено.",
  "centre.address.not-postgres.what": "Адрес центра начинается с postgres:// или postgresql://.",
  "centre.address.not-postgres.do": "Запишите его так: postgresql://ПОЛЬЗОВАТЕЛЬ@СЕРВЕР/БАЗА.",
  "centre.address.unknown-parameter.what":
    "{parameter, select, null {В адресе центра есть параметр, которого эта программа не знает.} other {В адресе центра есть параметр, которого эта программа не знает: {parameter}.}}",
  "centre.address.unknown-parameter.do": "Уберите его; особые знаки пароля записывайте %-кодами.",
  "centre.address.unknown-mode.what": "Адрес центра требует вида защиты, которого нет ({parameter}).",
  "centre.address.unknown-mode.do": "Напишите sslmode=verify-full.",
  "centre.address.unprotected.what":
    "Адрес центра требует незащищённого соединения с другим компьютером ({parameter}).",
  "centre.address.unprotected.do":
    "Напишите sslmode=verify-full: пакеты покидают этот компьютер только по защищённому соединению.",
  "centre.address.half-a-certificate.what":
    "В адресе центра указан сертификат без ключа или ключ без сертификата: не хватает {parameter}.",
  "centre.address.half-a-certificate.do": "Укажите оба файла: sslcert и sslkey.",

  "misuse.no-campaign.what": "На этой станции кампания не загружена.",
  "misuse.no-campaign.do": "Загрузите папку кампании.",
  "misuse.no-station.what": "У этой станции ещё нет ключа.",
  "misuse.no-station.do": "Создайте ключ станции и отдайте на подпись запрос на сертификат.",
  "misuse.no-station-certificate.what": "У этой станции ещё нет сертификата.",
  "misuse.no-station-certificate.do": "Примите сертификат, выданный по запросу станции.",
  "misuse.station-exists.what": "У этой станции уже есть ключ: {station}.",
  "misuse.station-exists.do": "Работайте с ним; новой станции нужно отдельное хранилище.",
  "misuse.wrong-passphrase.what": "Эта парольная фраза не открывает ключ станции.",
  "misuse.wrong-passphrase.do": "Укажите ту, что была выбрана при создании ключа.",
  "misuse.bad-certificate.what": "Сертификат станции не подходит: {why}.",
  "misuse.bad-certificate.do": "Запросите сертификат, выданный по запросу этой станции.",
  "misuse.clock-outside-certificate.what":
    "Часы компьютера показывают {now}; сертификат станции действует с {notBefore} по {notAfter}.",
  "misuse.clock-outside-certificate.do":
    "Установите часы верно; если они верны, запросите новый сертификат; до тех пор планшеты выгружаются без квитанций.",
  "misuse.bad-campaign.what": "Папка кампании не подходит: {file}: {why}.",
  "misuse.bad-campaign.do": "Запросите полную папку кампании; загруженное ранее остаётся в силе.",
  "misuse.no-unloading.what": "С планшета {device} здесь ничего не выгружали.",
  "misuse.no-unloading.do": "Сначала выгрузите планшет, затем составьте акт.",
  "misuse.not-an-act.what": "Это не акт приёма-передачи, и кода акта здесь нет.",
  "misuse.not-an-act.do": "Укажите PDF-файл акта или текст его QR-кода.",
  "misuse.held-place.what":
    "{path} находится {what, select, store {в хранилище} backup {в резервной копии хранилища} bag {в контейнере станции} other {в папке исходящих пакетов планшета}} {folder}: ничего другого записывать туда нельзя.",
  "misuse.held-place.do": "Выберите другое место.",
  "certificate-fault.not-two-certificates":
    "в файле должен быть сертификат станции и следом сертификат того, кто его выдал",
  "certificate-fault.not-a-certificate": "в файле нет сертификата с ключом Ed25519",
  "certificate-fault.other-key": "он выдан на другой ключ",
  "certificate-fault.other-station": "он выдан другой станции",
  "campaign-fault.missing": "файла нет, или он больше допустимого",
  "campaign-fault.not-json": "это не JSON",
  "campaign-fault.not-a-root": "это не один самоподписанный корневой сертификат Ed25519",
  "campaign-fault.not-a-crl": "это не список отозванных сертификатов с подписью Ed25519",
  "campaign-fault.field": "поле {field} отсутствует или неверно",

  "store.owned.what":
    "С этим хранилищем уже работает другой процесс{holder, select, null {} other { ({holder})}}.",
  "store.owner": "процесс {pid} на {host}, с {since}",
  "store.owned.do": "Закройте другую программу или дождитесь, пока она закончит.",
  "store.newer-store.what":
    "Хранилище записано более новой версией программы (версия {found}, здесь {known}).",
  "store.newer-store.do": "Используйте более новую версию; хранилище не тронуто.",
  "store.damaged.what": "Хранилище повреждено ({code}).",
  "store.damaged.do": "Больше с ним не работайте; сохраните как есть и сообщите в службу поддержки.",

  "count.batches": "{count, plural, one {# пакет} few {# пакета} many {# пакетов} other {# пакета}}",
  "count.tablets": "{count, plural, one {# планшет} few {# планшета} many {# планшетов} other {# планшета}}",
  "count.staged": "сохранено на станции: {count, number}",
  "count.already-staged": "сохранено ранее: {count, number}",
  "count.acknowledged": "подтверждено центром: {count, number}",
  "count.quarantined": "в карантине: {count, number}",
  "count.failed": "не прочитано: {count, number}",
  ...carry.ru,
};
