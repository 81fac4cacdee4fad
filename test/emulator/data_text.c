/*
 * data_text.c
 *		Words the generator builds offers from: companies, sentences, hours.
 *
 * All of it is invented for the tests.  %T stands for the title, %C for the
 * company and %L for the place.  Some sentences hold the things that trip
 * parsers: HTML entities, ligatures, no-break spaces, curly apostrophes,
 * emoji, quotes and backslashes.
 */
#include "data.h"

/* U+00A0, spelled out so that it can be seen */
#define NBSP "\xc2\xa0"

#define COUNT(t) (sizeof(t) / sizeof((t)[0]))

/* The frequent ones; the others are made of a head and a tail. */
const char *const data_companies[] = {
	"INTERIM EXEMPLE", "Groupe Exemplis", "MAIRIE D'EXEMPLE-SUR-LOIRE",
	"Ateliers Fictifs Réunis", "CABINET MODELE RH", "TRANSPORTS FACTICES",
	"Clinique de l'Exemple", "Supermarché Modèle", "SAS NETTOYAGE TEMOIN",
	"Données & Compagnie", "Hôtel du Modèle", "BTP Témoin",
	"Association Aide Fictive", "RESTO TEST", "Sécurité Exemple Privée",
	"LOGISTIQUE SPECIMEN", "Conseil Factice", "EHPAD Les Modèles",
	"L'Œuvre Exemplaire", "Boulangerie \"Au Bon Test\"",
};

const int	data_companies_count = COUNT(data_companies);

const char *const data_company_heads[] = {
	"Ateliers", "SARL", "Établissements", "Groupe", "SAS", "Cabinet",
	"EURL", "Domaine", "Transports", "Société", "Maison", "Garage",
	"Agence", "Résidence", "Centre", "Boulangerie", "Menuiserie",
	"Pharmacie", "Laboratoire", "Institut", "Studio", "Comptoir",
};

const int	data_company_heads_count = COUNT(data_company_heads);

const char *const data_company_tails[] = {
	"Belvaris", "du Littoral Fictif", "Nordelis", "Sudexa", "des Trois Tests",
	"Maraval", "Quintessol", "Orvelle", "Tavernex", "Bricolys", "du Moulin Témoin",
	"Altavia-Test", "Rivoire & Fils", "Ménagis", "Cœur d'Exemple", "Lumexa",
	"Hexatest", "Varendis", "Plumetis", "Solaréo", "Kermodel", "Jurassis",
	"Flandrex", "Provencis", "Gascogne-Essai", "Armorex", "Bois-Joli",
	"Pixelande", "Océanis-Test", "Gravelle", "Montferrand-Essai", "Valdoré",
};

const int	data_company_tails_count = COUNT(data_company_tails);

const char *const data_openings[] = {
	"Recherche un(e) %T, poste à pourvoir rapidement.",
	"Nous recherchons pour notre équipe de %L un(e) %T motivé(e) et disponible rapidement.",
	"%C recrute un(e) %T (H/F) dans le cadre de son développement sur le secteur de %L.",
	"Dans le cadre d'un remplacement, nous recherchons un(e) %T.\nVous êtes rattaché(e) à la direction du site et vous travaillez avec une équipe à taille humaine.",
	"Rejoignez %C ! Notre entreprise, implantée depuis plus de vingt ans dans la région, accompagne ses clients au quotidien et cherche un(e) %T.",
	"Descriptif du poste :\n\nVous intervenez en tant que %T auprès de nos clients particuliers et professionnels.",
	"LE POSTE\n\nPour renforcer nos équipes, nous recrutons un(e) %T. Poste basé à %L et à pourvoir dès que possible.",
	"Votre agence recherche pour l’un de ses clients, acteur reconnu de son domaine, un(e) %T F/H.",
	"Vous souhaitez donner du sens à votre métier ? %C vous propose un poste de %T au sein d'une structure bienveillante &amp; dynamique.",
	"RESPONSABILITÉS :\n\nSous la responsabilité du chef de service, vous assurez les missions d'un(e) %T confirmé(e).",
	"Créée il y a quinze ans, %C est spécialisée dans son secteur et réalise plus de 12" NBSP "millions d'euros de chiffre d'affaires.",
};

const int	data_openings_count = COUNT(data_openings);

const char *const data_duties[] = {
	"- Assurer le suivi quotidien des activités et rendre compte à votre responsable\n",
	"- Accueillir et renseigner les clients, identifier leurs besoins et les orienter\n",
	"- Veiller au respect des consignes de sécurité, d'hygiène et de qualité\n",
	"- Participer aux réunions d'équipe et proposer des améliorations\n",
	"- Préparer le matériel nécessaire et contrôler son état avant et après chaque intervention\n",
	"- Renseigner les documents de suivi et les outils informatiques de l'entreprise\n",
	"- Organiser votre tournée en fonction des priorités et des contraintes de circulation\n",
	"- Mettre en œuvre les procédures internes et former les nouveaux arrivants\n",
	"- Analyser les données, construire des tableaux de bord et présenter les résultats aux équipes métiers\n",
	"- Contrôler la conformité des livraisons, ranger et étiqueter les produits\n",
	"- Entretenir les locaux, les équipements et les abords du site\n",
	"- Établir les devis, suivre les commandes et la facturation\n",
	"- Diagnostiquer les pannes, réaliser les réparations et effectuer les essais de remise en service\n",
	"- Concevoir, développer et documenter les évolutions des applications existantes (SQL, Python, Java)\n",
	"- Préparer, cuire et dresser les plats dans le respect des fiches techniques\n",
	"- Accompagner les personnes dans les gestes de la vie quotidienne (lever, toilette, repas, coucher)\n",
	"- Conduire les engins en sécurité et assurer l'entretien de premier niveau\n",
	"- Lire les plans, implanter l'ouvrage et réaliser les travaux de gros œuvre et de second œuvre\n",
	"• Encadrer une équipe de 3 à 8 personnes, planifier les congés et animer les points hebdomadaires\n",
	"• Garantir la satisfaction des clients et la rentabilité du centre de profit\n",
	"• Prospecter de nouveaux clients par téléphone et sur le terrain\n",
	"* Gérer la caisse, les encaissements et la mise en rayon ;\n* tenir propre l'espace de vente ;\n",
};

const int	data_duties_count = COUNT(data_duties);

const char *const data_profiles[] = {
	"Profil recherché :\nVous êtes rigoureux(se), autonome et vous appréciez le travail en équipe.",
	"De formation Bac+2 à Bac+5, vous justifiez d'une première expérience réussie sur un poste similaire.",
	"Débutants acceptés : une formation interne de deux semaines vous sera proposée à votre arrivée.",
	"Vous êtes titulaire du permis B et disposez d'un véhicule pour vous rendre sur les différents sites.",
	"La maîtrise de l'anglais professionnel (B2) est souhaitée. La connaissance d&#39;un logiciel de gestion est un plus.",
	"Vous avez le sens du service, une bonne présentation et une excellente élocution.",
	"Titulaire du diplôme exigé par la réglementation, vous savez vous adapter à des publics variés.",
	"Vous maîtrisez l'environnement Windows et le pack bureautique ; vous êtes à l'aise avec les outils numériques.",
	"Votre curiosité et votre goût pour les chiffres seront vos meilleurs atouts pour réussir dans cette fonction.",
	"À compétences égales, une attention particulière sera portée aux personnes en situation de handicap.",
	"Vous possédez les CACES R489 catégories 1, 3 et 5 à jour ainsi que l'habilitation \"travail en hauteur\".",
	"Qualités attendues : ponctualité, discrétion, esprit d'équipe, et surtout l'envie d'apprendre.",
};

const int	data_profiles_count = COUNT(data_profiles);

const char *const data_benefits[] = {
	"Avantages : mutuelle d'entreprise, titres-restaurant, prime annuelle et intéressement.",
	"Rémunération selon profil et expérience, à laquelle s'ajoutent 10" NBSP "% d'indemnités de fin de mission et 10" NBSP "% de congés payés.",
	"Horaires : du lundi au vendredi, de 8h30 à 12h et de 13h30 à 17h, avec une flexibilité possible.",
	"Télétravail possible jusqu'à deux jours par semaine après la période d'intégration.",
	"Travail en 2x8 ou en équipe de nuit selon le planning, paniers et primes d'équipe en sus.",
	"Poste en contrat à durée déterminée pouvant déboucher sur un contrat à durée indéterminée.",
	"Le salaire est compris entre 1" NBSP "850" NBSP "€ et 2" NBSP "300" NBSP "€ brut par mois selon votre expérience.",
	"Vous bénéficiez de 12 RTT, d'un véhicule de service, d'un téléphone et d'un ordinateur portable.",
	"Nous prenons en charge 75" NBSP "% de votre abonnement de transport en commun et proposons une prime de cooptation.",
	"Un week-end sur deux travaillé, deux jours de repos consécutifs par semaine.",
};

const int	data_benefits_count = COUNT(data_benefits);

const char *const data_closings[] = {
	"Pour postuler, merci d'envoyer votre CV à jour et quelques lignes de motivation.",
	"Notre processus de recrutement est simple : un échange téléphonique, un entretien sur place, une réponse sous huit jours.",
	"Poste à pourvoir immédiatement. Référence à rappeler : REF-%R.",
	"Toutes les candidatures reçues seront étudiées. N'hésitez plus, rejoignez-nous ! 🚀",
	"Prise de poste souhaitée au début du mois prochain – merci de préciser vos disponibilités.",
	"Document interne : \\\\serveur\\rh\\offres\\%R (usage du recruteur).",
};

const int	data_closings_count = COUNT(data_closings);

const char *const data_fillers[] = {
	"Notre entreprise est engagée depuis plusieurs années dans une démarche de qualité et de développement durable, et nous veillons à ce que chacun trouve sa place dans le collectif quel que soit son parcours.",
	"Vous évoluez dans un environnement de travail agréable, avec des outils récents, des locaux rénovés et une équipe soudée qui saura vous accompagner dans votre prise de poste.",
	"Votre intégration est préparée : un parrain vous suit pendant trois mois, un point est fait chaque semaine, et un plan de formation individuel est construit avec vous.",
	"Les perspectives d’évolution sont réelles : plus de la moitié de nos responsables ont commencé leur carrière sur le terrain, au poste que nous vous proposons aujourd’hui.",
	"Nous intervenons sur tout le territoire auprès d'une clientèle variée de particuliers, de collectivités et d'industriels, avec un souci constant de proximité et de réactivité.",
	"La mission s'effectue sur plusieurs sites de l'agglomération ; les déplacements se font avec un véhicule de l'entreprise et les frais sont remboursés sur justificatifs.",
	"En lien étroit avec les services techniques, commerciaux et administratifs, vous contribuez à la bonne circulation de l'information et à la fiabilité des données partagées.",
	"Dans un marché en pleine transformation, nous investissons chaque année dans la modernisation de nos équipements et dans la formation de nos collaborateurs et collaboratrices.",
};

const int	data_fillers_count = COUNT(data_fillers);

/* Working time; the first ones are the usual ones. */
const char *const data_hours[] = {
	"35H\nTravail en journée", "35H/semaine\nTravail en journée", "35H Autre",
	"Temps plein", "35 H  Travail en journée", "35H Travail en journée",
	"39H\nTravail en journée", "39H/semaine\nTravail en journée", "39H Autre",
	"35H", "37H\nTravail en journée", "37H30 Autre", "\nTravail en journée",
	"35H\nTravail en horaires décalés", "35H\nTravail le week-end",
	"36H\nTravail en journée", "35H\nTravail posté (2x8, 3x8, 5x8, etc.)",
	"39H/semaine\nTravail les week-ends et jours fériés", "35H\nHoraires normaux",
};

const int	data_hours_count = COUNT(data_hours);

const char *const data_part_hours[] = {
	"24H30 Horaires variables", "temps partiel - 20H/semaine",
	"temps partiel\nTravail en journée", "temps partiel - 25H Autre",
	"Temps partiel - 8H/semaine\nTravail en journée", "temps partiel - 24H Autre",
};

const int	data_part_hours_count = COUNT(data_part_hours);

/* Free text beside the salary */
const char *const data_comments[] = {
	"A négocier", "40 - 50 k€ brut annuel", "SMIC", "selon profil", ".", "-",
	"Selon profil", "Salaire selon profil", "N/A", "selon profil/exp", "/",
	"dont 13e mois + allocation vacances", "Jusqu'à 12€ brut", "grille statutaire",
	"45 à 60K€", "25 - 45 k€ brut annuel", "+ Avantages", "2 100" NBSP "€ net par mois",
};

const int	data_comments_count = COUNT(data_comments);

const char *const data_sizes[] = {
	"0 salarié (n'ayant pas d'effectif au 31/12 mais ayant employé des salariés au cours de l'année de référence)",
	"1 ou 2 salariés", "3 à 5 salariés", "6 à 9 salariés", "10 à 19 salariés",
	"20 à 49 salariés", "50 à 99 salariés", "100 à 199 salariés",
	"250 à 499 salariés", "500 à 999 salariés",
};

const int	data_sizes_count = COUNT(data_sizes);

const char *const data_conditions[] = {
	"Autre", "", "Station debout prolongée", "Travail en extérieur", "Port de charges",
};

const int	data_conditions_count = COUNT(data_conditions);

/* Values of complement1 and complement2 */
const char *const data_extras[] = {
	"Autre", "Primes", "Mutuelle", "Chèque repas", "Restauration", "Véhicule",
	"Hébergement", "Pc portable", "CE", "Intéressement / participation",
};

const int	data_extras_count = COUNT(data_extras);
