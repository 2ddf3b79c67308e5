/** The words the example data is made of. Made up for this project. */

export const DEPARTMENTS: readonly string[] = [
  'Harbour Office',
  'Ferry Operations',
  'Ticketing',
  'Engineering',
  'Finance',
  'People',
  'Legal Affairs',
  'Information Systems',
  'Safety',
  'Catering',
  'Freight',
  'Public Relations',
];

const TRADES = [
  'Accountant',
  'Analyst',
  'Auditor',
  'Baker',
  'Boatswain',
  'Carpenter',
  'Cartographer',
  'Cashier',
  'Chef',
  'Controller',
  'Crane Operator',
  'Customs Agent',
  'Data Engineer',
  'Deck Officer',
  'Designer',
  'Dispatcher',
  'Diver',
  'Driver',
  'Editor',
  'Electrician',
  'Hydrographer',
  'Inspector',
  'Interpreter',
  'Lawyer',
  'Librarian',
  'Lock Keeper',
  'Machinist',
  'Meteorologist',
  'Navigator',
  'Nurse',
  'Paymaster',
  'Pilot',
  'Planner',
  'Purser',
  'Radio Officer',
  'Rigger',
  'Shipwright',
  'Stevedore',
  'Surveyor',
  'Systems Administrator',
  'Technician',
  'Trainer',
  'Translator',
  'Warden',
  'Welder',
  'Writer',
];

const GRADES = ['Junior', 'Senior', 'Lead', 'Chief'];

/** How many jobs the example has. */
const JOB_COUNT = 183;

/** Every trade in every grade, cut to 183. */
export const JOBS: readonly string[] = TRADES.flatMap((trade) =>
  GRADES.map((grade) => `${grade} ${trade}`),
).slice(0, JOB_COUNT);

export const GIVEN_NAMES: readonly string[] =
  `Abena Adela Aiko Alma Amaru Anouk Arjun Astrid Aylin Bao Basil Beata Bram Calum Chiara Citlali Dagny Dario Delia
  Edda Eero Elif Emeka Enya Esther Fadi Femke Fiona Gael Gita Goran Hana Hugo Ilse Imran Ines Isak Jaya Jonas Juno
  Kaito Keira Kofi Lale Leif Lucia Mads Maeve Malik Mira Nadia Nils Noor Oona Orla Otto Paz Petra Quinn Rafa Reza
  Rosa Runa Saskia Selim Sora Tamar Tariq Tove Uma Vera Viggo Wanda Wim Xenia Yara Yusuf Zeno Zofia`.split(
    /\s+/,
  );

export const FAMILY_NAMES: readonly string[] =
  `Aalto Abara Acosta Adeyemi Ahlberg Amaya Arslan Baptiste Barlow Beck Bianchi Bosch Brandt Cardoso Castell Cho
  Claes Coppens Dahl Darby Demir Devine Diallo Doyle Egede Ekman Escobar Fabre Farkas Feld Ferrante Fujita Galvin
  Garrido Ghosh Grieg Haddad Halloran Hartig Heikkinen Horvat Ibarra Iyer Jansen Jensen Kallas Kamara Katz Kimura
  Klein Kovac Lind Llorente Loretz Lyng Mahler Mancini Marsh Mbeki Mertens Moreau Nakata Nolan Novak Obi Olsen Ortega
  Palmer Pereira Petrov Quist Rao Reuter Rinne Rossi Sabri Sandoval Sato Silva Solberg Strand Suzuki Tanaka Thorne
  Toledo Tremblay Ueda Valdez Varga Vidal Visser Wahl Weiss Winther Yilmaz Zapata Zeller Zhou`.split(/\s+/);
