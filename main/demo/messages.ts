import type { Language } from "../../shared/messages/index.ts";

/** The demo's own words. Everything else it shows comes from the program itself. */
export interface DemoWords {
  readonly title: string;
  readonly notReal: string;
  readonly centre: string;
  /** The centre's server does not start; the reason follows. */
  readonly noCentre: string;
  readonly station: string;
  readonly yesterday: string;
  readonly table: string;
  readonly pulled: string;
  readonly send: string;
  readonly confirm: string;
  readonly compare: string;
  readonly act: string;
  readonly log: string;
  readonly result: string;
  readonly columns: {
    readonly tablet: string;
    readonly story: string;
    readonly staged: string;
    readonly sent: string;
    readonly confirmed: string;
    readonly quarantined: string;
    readonly missing: string;
    readonly conflicts: string;
  };
  readonly clean: string;
  readonly troubled: string;
  readonly plugged: string;
  readonly where: string;
  readonly store: string;
  readonly campaign: string;
  readonly tablets: string;
  readonly actFile: string;
  readonly further: string;
  readonly running: (url: string) => string;
  readonly keep: string;
  readonly unexpected: (what: string) => string;
  readonly notEmpty: (folder: string) => string;
  readonly windowTitle: string;
  readonly windowNotReal: string;
  readonly signIn: (name: string, pin: string, passphrase: string) => string;
  /** No window of our own can be opened; the browser's address follows. */
  readonly noWindow: string;
  readonly browser: (address: string) => string;
  readonly usage: string;
}

const en: DemoWords = {
  title: "Sanaq Unload: the main job, from the cable to the centre",
  notReal:
    "The tablets are simulated and the keys are for tests. The rest is real: MTP, signatures, the store, PostgreSQL.",
  centre: "A PostgreSQL starts as the centre",
  noCentre: "The demo needs a PostgreSQL server as its centre, and it does not start:",
  station: "The workstation gets its key, its certificate and the campaign",
  yesterday: "Yesterday: tablet 0422 came on an electronic carrier, with an earlier state of batch 3",
  table: "Today: three tablets are plugged in; the cable of 0391 is pulled at 60 %",
  pulled: "The cable of 0391 was pulled. It is plugged in again and goes on from its last good chunk",
  send: "What is staged is sent to the centre",
  confirm: "The centre looks at what it has and signs for it; the next sending brings its confirmations here",
  compare: "Tablet, station and centre side by side",
  act: "The hand-over act of tablet 0422, with what is missing",
  log: "The audit log",
  result: "What came of it",
  columns: {
    tablet: "tablet",
    story: "what happened",
    staged: "staged",
    sent: "at the centre",
    confirmed: "confirmed before",
    quarantined: "quarantine",
    missing: "missing",
    conflicts: "conflicts",
  },
  clean: "clean",
  troubled: "a gap, a conflict, a bad signature",
  plugged: "cable pulled at 60 %, plugged in again",
  where: "Where everything lies",
  store: "the station's store",
  campaign: "the campaign folder",
  tablets: "the simulated tablets, receipts included",
  actFile: "the hand-over act",
  further: "To look further:",
  running: (url) => `The centre is running at the address below. Ctrl-C ends it.\n  ${url}`,
  keep: "With --keep the centre stays up, to be looked at with psql.",
  unexpected: (what) => `The demo did not go as it should: ${what}`,
  notEmpty: (folder) => `There is something in ${folder} already; the demo needs a new or empty folder.`,
  windowTitle: "Sanaq Unload: the windows. Three tablets come to the table once you have signed in",
  windowNotReal:
    "The tablets are simulated, the keys are for tests, and there is no centre. The rest is real: MTP, signatures, the store, the windows.",
  signIn: (name, pin, passphrase) =>
    `Sign in as ${name}, PIN ${pin}. The station's key opens with the passphrase "${passphrase}".`,
  noWindow: "There is no Electron runtime or no screen here, so the same windows are served to a browser.",
  browser: (address) =>
    `Open this address on this machine; it can be opened once. Ctrl-C ends it.\n  ${address}`,
  usage: "npm run demo -- [--lang kk|ru|en] [--keep] [--folder DIR] [--window]",
};

const ru: DemoWords = {
  title: "Sanaq Unload: основная работа, от шнура до центра",
  notReal: "Планшеты смоделированы, ключи пробные. Остальное настоящее: MTP, подписи, хранилище, PostgreSQL.",
  centre: "Запускается PostgreSQL в роли центра",
  noCentre: "Демонстрации нужен сервер PostgreSQL в роли центра, а он не запускается:",
  station: "Рабочая станция получает ключ, сертификат и кампанию",
  yesterday: "Вчера: планшет 0422 принесли на электронном носителе, с прежним состоянием пакета 3",
  table: "Сегодня: подключены три планшета; шнур планшета 0391 отсоединяют на 60 %",
  pulled: "Шнур планшета 0391 отсоединился. Его подключают снова, и выгрузка идёт с последней целой части",
  send: "Сохранённое отправляется в центр",
  confirm:
    "Центр проверяет полученное и подписывает подтверждения; следующая отправка приносит их на станцию",
  compare: "Планшет, станция и центр рядом",
  act: "Акт приёма-передачи планшета 0422, с тем, чего не хватает",
  log: "Журнал аудита",
  result: "Что получилось",
  columns: {
    tablet: "планшет",
    story: "что было",
    staged: "сохранено",
    sent: "в центре",
    confirmed: "подтверждено ранее",
    quarantined: "карантин",
    missing: "нет",
    conflicts: "конфликты",
  },
  clean: "всё в порядке",
  troubled: "пропуск, конфликт, неверная подпись",
  plugged: "шнур отсоединён на 60 %, подключён снова",
  where: "Где что лежит",
  store: "хранилище станции",
  campaign: "папка кампании",
  tablets: "смоделированные планшеты, с квитанциями",
  actFile: "акт приёма-передачи",
  further: "Посмотреть дальше:",
  running: (url) => `Центр работает по адресу ниже. Ctrl-C завершает его.\n  ${url}`,
  keep: "С --keep центр остаётся работать, его можно посмотреть через psql.",
  unexpected: (what) => `Демонстрация прошла не так, как должна: ${what}`,
  notEmpty: (folder) => `В папке ${folder} уже что-то есть; нужна новая или пустая папка.`,
  windowTitle: "Sanaq Unload: окна. Три планшета подключат, как только вы войдёте",
  windowNotReal:
    "Планшеты смоделированы, ключи пробные, центра нет. Остальное настоящее: MTP, подписи, хранилище, окна.",
  signIn: (name, pin, passphrase) =>
    `Войдите как ${name}, PIN-код ${pin}. Ключ станции открывается парольной фразой «${passphrase}».`,
  noWindow: "Здесь нет среды Electron или экрана, поэтому те же окна откроются в браузере.",
  browser: (address) =>
    `Откройте этот адрес на этом компьютере; он открывается один раз. Ctrl-C завершает работу.\n  ${address}`,
  usage: "npm run demo -- [--lang kk|ru|en] [--keep] [--folder DIR] [--window]",
};

const kk: DemoWords = {
  title: "Sanaq Unload: негізгі жұмыс, шнурдан орталыққа дейін",
  notReal: "Планшеттер үлгіленген, кілттер сынақ үшін. Қалғаны шын: MTP, қолтаңбалар, қойма, PostgreSQL.",
  centre: "Орталық ретінде PostgreSQL іске қосылады",
  noCentre: "Көрсетілімге орталық ретінде PostgreSQL сервері керек, ал ол іске қосылмады:",
  station: "Жұмыс станциясы кілтін, сертификатын және науқанын алады",
  yesterday: "Кеше: 0422 планшеті электронды жеткізгіште келді, 3-топтаманың бұрынғы күйімен",
  table: "Бүгін: үш планшет қосылды; 0391 планшетінің шнуры 60 %-да ажыратылады",
  pulled: "0391 планшетінің шнуры ажырады. Ол қайта қосылады да, түсіру соңғы бүтін бөліктен жалғасады",
  send: "Жинақталғаны орталыққа жөнелтіледі",
  confirm: "Орталық алғанын тексеріп, растауларына қол қояды; келесі жөнелту оларды станцияға әкеледі",
  compare: "Планшет, станция және орталық қатар",
  act: "0422 планшетінің қабылдау-тапсыру актісі, жетіспейтінімен",
  log: "Аудит журналы",
  result: "Нәтижесі",
  columns: {
    tablet: "планшет",
    story: "не болды",
    staged: "жинақталды",
    sent: "орталықта",
    confirmed: "бұрын расталған",
    quarantined: "карантин",
    missing: "жетіспейді",
    conflicts: "қайшылық",
  },
  clean: "бәрі дұрыс",
  troubled: "олқылық, қайшылық, қате қолтаңба",
  plugged: "шнур 60 %-да ажырады, қайта қосылды",
  where: "Не қайда жатыр",
  store: "станция қоймасы",
  campaign: "науқан қалтасы",
  tablets: "үлгіленген планшеттер, түбіртектерімен",
  actFile: "қабылдау-тапсыру актісі",
  further: "Әрі қарай көру үшін:",
  running: (url) => `Орталық төмендегі мекенжайда жұмыс істеп тұр. Ctrl-C тоқтатады.\n  ${url}`,
  keep: "--keep қосылса, орталық жұмыс істеп тұрады, оны psql арқылы көруге болады.",
  unexpected: (what) => `Көрсетілім ойдағыдай өтпеді: ${what}`,
  notEmpty: (folder) => `${folder} қалтасында бірдеңе бар; жаңа немесе бос қалта керек.`,
  windowTitle: "Sanaq Unload: терезелер. Сіз кірген соң үш планшет қосылады",
  windowNotReal:
    "Планшеттер үлгіленген, кілттер сынақ үшін, орталық жоқ. Қалғаны шын: MTP, қолтаңбалар, қойма, терезелер.",
  signIn: (name, pin, passphrase) =>
    `${name} болып кіріңіз, PIN-код ${pin}. Станция кілті «${passphrase}» құпия сөз тіркесімен ашылады.`,
  noWindow: "Мұнда Electron ортасы не экран жоқ, сондықтан сол терезелер браузерде ашылады.",
  browser: (address) =>
    `Мына мекенжайды осы компьютерде ашыңыз; ол бір рет қана ашылады. Ctrl-C тоқтатады.\n  ${address}`,
  usage: "npm run demo -- [--lang kk|ru|en] [--keep] [--folder DIR] [--window]",
};

export const DEMO_WORDS: Readonly<Record<Language, DemoWords>> = { kk, ru, en };
