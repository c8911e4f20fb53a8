"""Companies, people and places that never were. All domains end in `.example` (RFC 2606): no letter can arrive."""

import random
from collections.abc import Iterator

_LEADS = (
    "Alder Amber Anchor Apex Arbor Ardent Argent Ashford Aspen Atlas Aurora Avalon Axis Balsam Banner Barlow "
    "Baxter Beacon Bedford Benton Birch Blue Bolton Boulder Bramble Bridge Bright Brook Burton Cadence Calder "
    "Canyon Cardinal Carver Cascade Castle Cedar Central Chandler Chester Cinder Citadel Clark Clear Cliff "
    "Clover Coastal Cobalt Colby Compass Copper Coral Corner Crescent Crest Crown Crystal Cypress Dalton Dawson "
    "Delta Denver Dover Drake Dunbar Eagle East Echo Eden Elm Ember Emerald Evergreen Fairview Falcon Fern Finch "
    "First Fletcher Forge Fort Foster Fox Franklin Frontier Garnet Gateway Glen Golden Granite Graham Grand "
    "Green Griffin Grove Harbor Hardy Harvest Hawthorn Hazel Heritage High Hillcrest Holly Horizon Hudson Hunter "
    "Ideal Indigo Iron Ivory Ivy Jasper Juniper Keystone Kingston Lake Lantern Larch Laurel Legacy Liberty "
    "Lincoln Linden Lone Lunar Lynx Magnolia Maple Marble Mariner Marlow Meadow Mercer Meridian Merit Mesa Metro "
    "Midland Mill Monarch Moss Mountain Noble North Nova Oak Ocean Olive Onyx Opal Orchard Orion Osprey Pacific "
    "Palmer Paragon Park Pearl Peak Pilgrim Pine Pioneer Plains Polar Poplar Prairie Premier Quarry Quartz Raven "
    "Red Redwood Ridge River Robin Rock Rose Royal Saffron Sage Sandstone Saxon Sequoia Shore Sierra Silver "
    "Solar South Spring Spruce Sterling Stone Summit Sun Swift Sycamore Tamarack Teal Terra Thorn Timber Topaz "
    "Tower Trident Trinity Union Valley Vanguard Verdant Vernon Victory Vista Walnut Ward Warren Water West "
    "White Willow Wind Winter Wolf Wood Yarrow York Zenith"
).split()
_TRADES = (
    "Analytics|Auto Parts|Bakery|Brewing|Builders|Building Supply|Business Systems|Cabinets|Catering|Chemicals|"
    "Cleaning|Cold Storage|Components|Concrete|Construction|Consulting|Controls|Dairy|Dental Group|Design|"
    "Digital|Distribution|Electric|Electronics|Energy|Engineering|Equipment|Events|Fabrication|Facilities|Farms|"
    "Fasteners|Fitness|Flooring|Foods|Freight|Furniture|Garage|Glass|Graphics|Hardware|Health|Heating|Holdings|"
    "Hospitality|Hotels|Imports|Industrial|Insulation|Interiors|Irrigation|Kitchens|Labs|Landscaping|Laundry|"
    "Leasing|Lighting|Logistics|Lumber|Machine|Management|Manufacturing|Marine|Markets|Media|Medical|Metals|"
    "Millwork|Motors|Networks|Nurseries|Office Supply|Optics|Outdoor|Packaging|Painting|Paper|Partners|Paving|"
    "Pharmacy|Physical Therapy|Pipe|Plastics|Plumbing|Pools|Power|Press|Printing|Produce|Properties|Publishing|"
    "Pumps|Realty|Recycling|Refrigeration|Rentals|Research|Restoration|Roofing|Safety|Scaffolding|Security|"
    "Services|Signs|Software|Solar|Solutions|Staffing|Steel|Stone Works|Storage|Studios|Supply|Systems|"
    "Technologies|Textiles|Tile|Tools|Transport|Travel|Trucking|Veterinary|Warehousing|Welding|Wholesale|Works"
).split("|")
_FORMS = ("Inc", "LLC", "Inc", "Corp", "LLC", "Co", "Group Inc", "Ltd")
_TOWNS = (
    "Albany Amarillo Asheville Athens Austin Bend Billings Boise Boulder Bristol Buffalo Camden Canton Casper "
    "Dayton Dover Duluth Durham Easton Elgin Erie Eugene Fargo Flint Fresno Galena Gary Hartford Helena Hilo "
    "Irving Ithaca Jackson Joplin Juneau Kenosha Laredo Lima Lincoln Lowell Macon Madison Medford Mobile Monroe "
    "Muncie Nashua Norfolk Ogden Omaha Orem Oxford Pasco Peoria Provo Quincy Racine Reno Roanoke Salem Savannah "
    "Selma Sparks Tacoma Toledo Topeka Tulsa Utica Vero Waco Wausau Yuma"
).split()
# State and its share of debtors, roughly as companies are spread over them.
_STATES = (
    "CA CA CA CA TX TX TX NY NY NY FL FL IL IL PA PA OH OH GA NC MI NJ VA WA AZ MA TN IN MO MD WI CO MN SC AL".split()
)
_GIVEN = (
    "Alex Ana Andre Anika Arjun Bianca Blair Brooke Caleb Carla Cleo Dana Darius Devon Elena Elise Emil Erin "
    "Farah Felix Gita Grant Hana Hugo Imani Ines Ivan Jamal Jana Joel Jonas Kai Kara Kofi Lara Leon Lina Luca "
    "Malik Mara Mei Mila Morgan Nadia Nina Noel Omar Owen Petra Priya Quinn Ravi Rosa Ruth Sam Sara Sean Sofia "
    "Tara Theo Uma Vera Victor Wanda Yara Zoe"
).split()
_FAMILY = (
    "Adler Amari Baptiste Becker Bishop Castillo Chen Costa Cruz Dahl Diaz Dubois Eriksen Evans Fischer Flores "
    "Garcia Ghosh Grant Haddad Hansen Hughes Ibarra Iyer Jensen Johansson Kaplan Keller Khan Kim Kovacs Larsen "
    "Lee Lopez Malik Mendes Meyer Moreau Nakamura Nguyen Novak Okafor Olsen Ortiz Park Patel Pereira Quinn Ramos "
    "Reyes Rossi Santos Schmidt Shah Silva Singh Soto Stein Suzuki Torres Vargas Vogel Walsh Weber Wong Yilmaz "
    "Young Zhang Zimmer"
).split()


def companies(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(name, domain) of one company after the other, none twice: 4 million of them before the names run out."""
    pairs = [(lead, trade) for lead in _LEADS for trade in _TRADES]
    rng.shuffle(pairs)
    for town in ("", *_TOWNS):
        for lead, trade in pairs:
            words = f"{lead} {trade} {town}".strip()
            yield f"{words} {rng.choice(_FORMS)}", f"{words.lower().replace(' ', '-')}.example"


def state(rng: random.Random) -> str:
    """A US state, the large ones more often."""
    return rng.choice(_STATES)


def person(rng: random.Random) -> str:
    return f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
