/*
 * data_codes.c
 *		Code lists of the offers API, and the partners.
 */
#include <stddef.h>

#include "data.h"

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

const DataPair data_types[] = {
	{"CDI", "Contrat à durée indéterminée"},
	{"CDD", "Contrat à durée déterminée"},
	{"MIS", "Mission intérimaire"},
	{"SAI", "Contrat travail saisonnier"},
	{"LIB", "Profession libérale"},
	{"FRA", "Franchise"},
	{"CCE", "Profession commerciale"},
	{"DDI", "CDD insertion"},
	{"DIN", "CDI Intérimaire"},
	{"TTI", "Contrat travail temporaire insertion"},
	{"REP", "Reprise d'entreprise"},
};

const int	data_types_count = COUNT(data_types);

const DataPair data_natures[] = {
	{"E1", "Contrat travail"},
	{"E2", "Contrat apprentissage"},
	{"FS", "Cont. professionnalisation"},
	{"NS", "Emploi non salarié"},
	{"CU", "Contrat d'usage"},
	{"CI", "Contrat intermittent"},
	{"CC", "CDI de chantier ou d'opération"},
	{"I1", "Insertion par l'activ.éco."},
	{"FJ", "CUI - CAE"},
	{"EE", "Contrat pacte"},
};

const int	data_natures_count = COUNT(data_natures);

const DataPair data_domains[] = {
	{"A", "Agriculture / Pêche / Espaces verts et naturels / Soins aux animaux"},
	{"B", "Arts / Artisanat d'art"},
	{"C", "Banque / Assurance"},
	{"C15", "Immobilier"},
	{"D", "Commerce / Vente"},
	{"E", "Communication / Multimédia"},
	{"F", "Bâtiment / Travaux Publics"},
	{"G", "Hôtellerie - Restauration / Tourisme / Animation"},
	{"H", "Industrie"},
	{"I", "Installation / Maintenance"},
	{"J", "Santé"},
	{"K", "Services à la personne / à la collectivité"},
	{"L", "Spectacle"},
	{"L14", "Sport"},
	{"M", "Achats / Comptabilité / Gestion"},
	{"M13", "Direction d'entreprise"},
	{"M14", "Conseil / Études"},
	{"M15", "Ressources Humaines"},
	{"M16", "Secrétariat / Assistanat"},
	{"M17", "Marketing / Stratégie commerciale"},
	{"M18", "Informatique / Télécommunication"},
	{"N", "Transport / Logistique"},
};

const int	data_domains_count = COUNT(data_domains);

const DataPair data_languages[] = {
	{"AN", "Anglais"}, {"AL", "Allemand"}, {"ES", "Espagnol"},
	{"IT", "Italien"}, {"FR", "Français"}, {"NL", "Néerlandais"},
	{"PT", "Portugais"}, {"LF", "Langue des signes française"},
};

const int	data_languages_count = COUNT(data_languages);

const DataPair data_licences[] = {
	{"B", "B - Véhicule léger"},
	{"C", "C - Poids lourd"},
	{"E(C)", "CE - Poids lourd + remorque (= EC)"},
	{"D", "D - Transport de personnes"},
	{"A", "A - Moto"},
	{"E(B)", "BE - Véhicule léger + remorque (PTAC > 4,25 T)"},
	{"AM", "AM - Cyclomoteur <= 50 cm3"},
};

const int	data_licences_count = COUNT(data_licences);

const DataPair data_levels[] = {
	{"AFS", "Aucune formation scolaire"},
	{"C3A", "3ème achevée ou Brevet"},
	{"C12", "2nd ou 1ère achevée"},
	{"NV5", "CAP, BEP et équivalents"},
	{"NV4", "Bac ou équivalent"},
	{"NV3", "Bac+2 ou équivalents"},
	{"NV2", "Bac+3, Bac+4 ou équivalents"},
	{"NV1", "Bac+5 et plus ou équivalents"},
};

const int	data_levels_count = COUNT(data_levels);

const DataPair data_themes[] = {
	{"12", "Métiers de la mer"},
	{"21", "Métiers du numérique"},
	{"24", "Transition écologique"},
	{"30", "Métiers du froid et de la cuisine"},
};

const int	data_themes_count = COUNT(data_themes);

const DataPair data_complements[] = {
	{"1", "Primes"},
	{"3", "Téléphone mobile"},
	{"4", "Ordinateur portable"},
	{"6", "Titres restaurant / Prime de panier"},
	{"7", "Complémentaire santé"},
	{"8", "Restauration"},
	{"9", "CSE"},
	{"10", "Intéressement / participation"},
	{"12", "Plan d'épargne retraite d'entreprise"},
	{"13", "Actionnariat"},
	{"14", "Indemnité transports"},
};

const int	data_complements_count = COUNT(data_complements);

/* Skills; those without a code are typed by the recruiter. */
const DataPair data_skills[] = {
	{"300282", "Entretenir, nettoyer un espace, un lieu, un local"},
	{"300204", "Administrer un système d'informations"},
	{"115801", "Gérer la sécurité informatique"},
	{"102096", "Règles d'hygiène et de propreté"},
	{"100017", "Règles de sécurité"},
	{"116932", "Contrôler l'état des stocks"},
	{"123299", "Entretenir un espace urbain"},
	{"300067", "Analyser, exploiter, structurer des données"},
	{"300488", "Concevoir et gérer un projet"},
	{"125902", "Analyser les performances d'un système d'information"},
	{"116708", "Procédures d'entretien de véhicules"},
	{"109527", "Adapter les outils de traitement statistique de données"},
	{"300374", "Présenter et valoriser un produit ou un service"},
	{"116797", "Techniques de réparation rapide"},
	{"300375", "Organiser, aménager un espace de vente"},
	{"101901", "Accueillir le client et l'installer"},
	{"117070", "Désinfecter et décontaminer des locaux sensibles"},
	{"300440", "Animer, coordonner une équipe"},
	{"300263", "Réceptionner des produits, des matières premières, vérifier la conformité d'une livraison"},
	{"124935", "Dresser des plats pour le service"},
	{"300195", "Concevoir un logiciel, un système d'informations, une application"},
	{"100341", "Procédures d'encaissement"},
	{"120209", "Enrichir une base de données"},
	{"300305", "Effectuer le suivi des commandes, la facturation"},
	{"300265", "Charger, décharger, manutentionner des produits"},
	{"124919", "Cuire des viandes, poissons ou légumes"},
	{"300181", "Entretenir un équipement, une machine, une installation"},
	{"300408", "Rédiger un rapport, un compte rendu d'activité"},
	{NULL, "Main d'œuvre de finition"},
	{NULL, "• Lecture de plans\tet de schémas"},
	{NULL, "SQL"},
	{NULL, "Python"},
	{NULL, "Power BI"},
	{NULL, "Entretenir du mobilier"},
	{NULL, "Laver des vitres"},
	{NULL, "Esprit \"terrain\""},
};

const int	data_skills_count = COUNT(data_skills);

const DataPair data_qualities[] = {
	{"Faire preuve de rigueur et de précision", "Capacité à réaliser des tâches en suivant avec exactitude les règles, les procédures, les instructions qui ont été fournies, sans réaliser d'erreur et à transmettre clairement des informations."},
	{"Faire preuve d'autonomie", "Capacité à prendre en charge son activité sans devoir être encadré de façon continue (le cas échéant, à solliciter les autres acteurs de l'entreprise)."},
	{"Travailler en équipe", "Capacité à travailler et à se coordonner avec les autres au sein de l'entreprise pour réaliser les objectifs fixés."},
	{"Organiser son travail selon les priorités et les objectifs", "Capacité à planifier, prioriser, anticiper des actions, en tenant compte des moyens, des ressources, des objectifs et du calendrier pour les réaliser."},
	{"Avoir le sens du service", "Capacité à identifier (voire anticiper) les besoins des usagers, clients (internes et externes) et à apporter une réponse adaptée afin de les satisfaire."},
	{"Être à l'écoute, faire preuve d'empathie", "Capacité à écouter activement, réceptionner des informations et messages, faire preuve d'ouverture d'esprit et de diplomatie."},
	{"Faire preuve de réactivité", "Capacité à réagir rapidement face à des évènements et à des imprévus, en hiérarchisant les actions, en fonction de leur degré d'urgence / d'importance."},
	{"Gérer son stress", "Capacité à garder le contrôle de soi pour agir efficacement face à des situations irritantes, imprévues, stressantes."},
};

const int	data_qualities_count = COUNT(data_qualities);

const DataPair data_trainings[] = {
	{"31054", "informatique et systèmes d'information"},
	{"24231", "réseau informatique"},
	{"43454", "santé"},
	{"42752", "Cuisine"},
	{"11036", "statistique"},
	{"23637", "mécanique automobile"},
	{"31026", "data science"},
	{"44041", "petite enfance"},
	{"21046", "travaux paysagers"},
	{"21528", "pâtisserie"},
	{"34554", "commerce"},
	{"22334", "maçonnerie"},
	{"21599", "Boucherie"},
	{NULL, NULL},
};

const int	data_trainings_count = COUNT(data_trainings);

/*
 * Partners by their real codes, because the filter takes those; the addresses
 * are of reserved names, so that nothing can ever be fetched from them.
 */
const DataPartner data_partners[] = {
	{"METEOJOB", "https://meteojob.example.com/jobs/%u?utm_source=ft&utm_medium=referral", "meteojob80.png", 280},
	{"DIRECTEMPLOI", "https://directemploi.example.com/candidatOffre/%u?utm_source=pole-emploi&utm_campaign=Pôle-Emploi", "directemploi80.png", 200},
	{"BROADBEAN", "https://aplitrak.example.com/?adid=%u", "broadbean80.png", 90},
	{"CADREMPLOI", "https://cadremploi.example.com/emploi/detail_offre?offreId=%u", "cadremploi80.png", 75},
	{"PMEJOB", "https://pmejob.example.com/redirect/%u", "pmejob80.png", 60},
	{"BEETWEEN", "https://beetween.example.com/apply/job/%u", "beetween80.png", 60},
	{"HANDICAP_JOB", "https://handicap-job.example.com/offre/%u", "handicap_job80.png", 50},
	{"INDEED", "https://indeed.example.com/job/%u", "indeed80.png", 45},
	{"AEROCONTACT", "https://aerocontact.example.com/emploi~%u.html", "aerocontact80.png", 40},
	{"ALADOM", "https://aladom.example.com/offre/%u", "aladom80.png", 40},
	{"TALENTPLUG", "https://talentplug.example.com/a/%u", "talentplug80.png", 30},
	{"DISTRIJOB", "https://distrijob.example.com/%u", "distrijob80.png", 25},
	{"DOGFINANCE", "https://dogfinance.example.com/offres/%u", "dogfinance80.png", 25},
	{"COOKORICO", "https://cookorico.example.com/%u", "cookorico80.png", 20},
	{"EMPLOI COLLECTIVITES", "https://collectivites.example.com/offre-%u?prov=PE", "emploicollectivites80.png", 20},
	{"OUESTFRANCE", "https://ouest.example.com/%u", "ouestfrance80.png", 15},
	{"BATIACTU", "https://batiactu.example.com/offre-emploi/%u.php", "batiactu80.png", 15},
	{"Industrie Recrute", "https://industrie.example.com/%u", "industrierecrute80.png", 12},
	{"JOBVITAE", "https://jobvitae.example.com/%u", "jobvitae80.png", 12},
	{"APECITA", "https://apecita.example.com/%u", "apecita80.png", 10},
};

const int	data_partners_count = COUNT(data_partners);
